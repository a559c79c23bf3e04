#!/usr/bin/env bash
# Metaflow for the test of the flows in native/examples/metaflow: a virtual environment. Prints where its Python is.
# Usage: metaflow.sh FOLDER-FOR-TOOLS
set -euo pipefail
tools=$1
requirements="$(dirname "$0")/../native/examples/metaflow/requirements.txt"
# For other requirements another environment.
environment="$tools/metaflow-$(cksum < "$requirements" | cut -d ' ' -f 1)"

if [ ! -e "$environment" ]; then
    mkdir -p "$tools"
    # In a folder of its own, so that two at once don't meet; what is under the final name is whole.
    folder=$(mktemp -d "$tools/metaflow.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check -r "$requirements" >&2
    [ -e "$environment" ] || mv "$folder" "$environment"
fi
echo "$environment/bin/python"

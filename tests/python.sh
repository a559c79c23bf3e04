#!/usr/bin/env bash
# Python for the tests of the README's snippet and of the flows in native/examples/metaflow: a virtual environment. Prints
# where its Python is.
# Usage: python.sh FOLDER-FOR-TOOLS
set -euo pipefail
tools=$1
here=$(dirname "$0")
requirements=("$here/requirements.txt" "$here/../native/examples/metaflow/requirements.txt")
# For other requirements another environment.
environment="$tools/python-$(cat "${requirements[@]}" | cksum | cut -d ' ' -f 1)"

if [ ! -e "$environment" ]; then
    mkdir -p "$tools"
    # In a folder of its own, so that two at once don't meet; what is under the final name is whole.
    folder=$(mktemp -d "$tools/python.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check "${requirements[@]/#/-r}" >&2
    [ -e "$environment" ] || mv "$folder" "$environment"
fi
echo "$environment/bin/python"

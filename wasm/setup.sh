#!/usr/bin/env bash
# What `make wasm` needs besides Rust and Node: a compiler for WebAssembly (Debian's, built for just that), and Chromium
# for the tests. Installs what is missing where it may: as root, on a system with apt. Says what is missing elsewhere.
set -euo pipefail

# Whether there is a program that matches, of those that begin like this.
has() {
    grep -xE "$2" <<<"$(compgen -c "$1")" >/dev/null
}

packages=()
target=$(rustc --print target-libdir --target wasm32-unknown-unknown 2>/dev/null || true)
if [ ! -d "$target" ]; then
    [ -x /usr/bin/rustc ] || packages+=(rustc-web)
    [ -x /usr/bin/cargo ] || packages+=(cargo-web)
    [ -d /usr/lib/rustlib/src/rust/library ] || packages+=(rust-web-src)
    compgen -G '/usr/bin/wasm-ld-*' >/dev/null || packages+=(lld-22)
fi
# For the C code of zstd.
has clang 'clang(-[0-9]+)?' || packages+=(clang-22)
has ch 'chromium|chrome' || has google-chrome google-chrome || packages+=(chromium)
[ ${#packages[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
else
    echo "missing: as root, apt-get install ${packages[*]}" >&2
    # Chromium is for the tests only: the build doesn't need it.
    [ "${packages[*]}" = chromium ] || exit 1
fi

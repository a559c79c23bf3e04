# make demo · make test · make bench · make www: thin, what they call is in tests/ and native/.
#
# Everything needed comes from the package registries; `make` says what it does. CARGO_TARGET_DIR is obeyed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test check deny bench bench-crate wasm wasm-test engines www clean

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
TOOLS := $(TARGET)/tools
export RUST_BACKTRACE ?= 0

say = @printf '\n==> %s\n' "$(1)"

help:
	@echo "make demo   reads a sample file over real range requests and shows what that took"
	@echo "make test   runs every check and every test"
	@echo "make bench  measures against other readers over an emulated link (bench/README.md)"
	@echo "make wasm   builds the npm package in wasm/package"
	@echo "make engines  the part of it that is the adapter for DataFusion and Ballista"
	@echo "make www    builds the preview site and serves it with a sample on http://127.0.0.1:8000 (PORT=…);"
	@echo "            with SERVICE=https://… it reads through that service what a page can't"

demo:
	$(call say,Building parqlet and the sample server in release mode (minutes on a fresh machine))
	cargo build --locked --release -p parqlet --bin parqlet -p parqlet-tests --bin demo
	@"$(TARGET)/release/demo" --parqlet "$(TARGET)/release/parqlet"

test: check
	$(call say,Building the tests (the longest step on a fresh machine))
	cargo build --locked --workspace --all-targets
	$(call say,An S3 server for the tests)
	tests/s3-server.sh "$(TOOLS)"
	$(call say,Python with Metaflow and pyarrow for the tests)
	tests/python.sh "$(TOOLS)"
	$(call say,Running the tests)
	cargo test --locked --workspace
	$(MAKE) --no-print-directory wasm-test
	$(MAKE) --no-print-directory engines
	$(call say,All tests passed)

check: deny
	$(call say,Formatting)
	cargo fmt --all --check
	$(call say,The core pulls in nothing that only a shell may)
	tests/core-is-pure.sh
	$(call say,Lints (clippy with warnings denied))
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked -p parqlet --no-default-features -- -D warnings
	$(call say,Documentation)
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet

deny:
	$(call say,Licences and duplicate crates and their sources)
	tests/deny.sh "$(TOOLS)"

# JOBS=column,files LINKS=even PEERS=parqlet,polars ROUNDS=1 SCALE=0.1 for less of it.
bench:
	$(call say,Measuring against other readers)
	bench/bench.sh "$(TARGET)" $(if $(JOBS),--jobs $(JOBS)) $(if $(LINKS),--links $(LINKS)) \
		$(if $(PEERS),--peers "$(PEERS)") $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SCALE),--scale $(SCALE))

bench-crate:
	$(call say,Benches against the parquet crate's own readers)
	cargo bench --locked -p parqlet

wasm:
	$(call say,What compiles to WebAssembly)
	wasm/setup.sh
	$(call say,Building the npm package)
	node wasm/build.mjs

wasm-test: wasm
	$(call say,Checks of the WebAssembly workspace)
	cargo fmt --manifest-path wasm/Cargo.toml --all --check
	CARGO_TARGET_DIR="$(TARGET)/wasm" cargo clippy --locked --manifest-path wasm/Cargo.toml --workspace --all-targets -- -D warnings
	CARGO_TARGET_DIR="$(TARGET)/wasm" cargo test --locked --manifest-path wasm/Cargo.toml -p brotli -p flate2 -p zstd
	$(call say,Tests of the npm package: Node and Chromium and bundlers and other runtimes and the native service)
	cargo build --locked -p parqlet --bin parqlet -p parqlet-tests --bin fixture
	cd wasm/package/test/consumers && npm ci --ignore-scripts --no-audit --no-fund
	cd wasm/package && PARQLET_FIXTURE="$(TARGET)/debug/fixture" PARQLET_BINARY="$(TARGET)/debug/parqlet" npm test

engines:
	$(call say,DataFusion and Ballista through Parqlet (minutes on a fresh machine))
	cargo fmt --manifest-path native/engines/Cargo.toml --all --check
	cargo build --locked -p parqlet --bin parqlet -p parqlet-tests --bin fixture
	@# As `cargo clippy -- -D warnings` does it, but while building: a check of its own would go through DataFusion again.
	RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__ CARGO_TARGET_DIR="$(TARGET)/engines" \
		cargo build --locked --manifest-path native/engines/Cargo.toml --all-targets
	PARQLET_FIXTURE="$(TARGET)/debug/fixture" RUSTC_WORKSPACE_WRAPPER=clippy-driver \
		CLIPPY_ARGS=-Dwarnings__CLIPPY_HACKERY__ CARGO_TARGET_DIR="$(TARGET)/engines" \
		cargo test --locked --manifest-path native/engines/Cargo.toml -- --nocapture --test-threads=1

www: wasm
	$(call say,Building the preview site and a sample of some 65 MB (minutes on a fresh machine))
	cargo build --locked --release -p parqlet-tests --bin fixture
	"$(TARGET)/release/fixture" sample --out "$(TARGET)/sample.parquet"
	node www/build.mjs --sample "$(TARGET)/sample.parquet" $(if $(SERVICE),--service "$(SERVICE)")
	@node www/serve.mjs --port $(or $(PORT),8000)

clean:
	cargo clean

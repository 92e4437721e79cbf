# These can be set: make run PORT=9100 DYNAMODB_PORT=8100 ADDRESS=0.0.0.0 SDK_APP_ID=1400000002
ADDRESS = 127.0.0.1
PORT = 9000
DYNAMODB_PORT = 8000
SDK_APP_ID = 1400000001
# Your service that decides: make run DECISION_URL=http://127.0.0.1:8080/decide
DECISION_URL =
# Your service that gets events: make run DELIVERY_URL=http://127.0.0.1:8080/events
DELIVERY_URL =
# More options of `imhook run`: make run DECISION_URL=… RUN="--moderate-later picture --openim-api-url http://127.0.0.1:10002"
RUN =

# Two installations into one folder must not run at the same time.
.NOTPARALLEL:

.PHONY: run sample build put-policies generate sam-local test fuzz check fmt clippy doc book unused deny template project examples

run:
	cargo build --locked --workspace --bins
	target/debug/imhook run --address $(ADDRESS) --port $(PORT) --dynamodb-port $(DYNAMODB_PORT) --sdk-app-id $(SDK_APP_ID) $(if $(DECISION_URL),--decision-url $(DECISION_URL)) $(if $(DELIVERY_URL),--delivery-url $(DELIVERY_URL)) $(RUN)

sample:
	target/debug/imhook sample --url http://127.0.0.1:$(PORT) --dynamodb http://127.0.0.1:$(DYNAMODB_PORT) --sdk-app-id $(SDK_APP_ID)

# Without a URL, calls `make run`. For a stack: make smoke URL=… EVENTS_TABLE=… RELATIONSHIPS_TABLE=… SDK_APP_ID=…, with the
# secrets in the environment. SMOKE has further options of `imhook smoke`, such as SMOKE="--only stored".
.PHONY: smoke
EVENTS_TABLE =
RELATIONSHIPS_TABLE =
SMOKE =
SMOKE_TABLES = $(if $(EVENTS_TABLE),--events-table $(EVENTS_TABLE)) $(if $(RELATIONSHIPS_TABLE),--relationships-table $(RELATIONSHIPS_TABLE))
SMOKE_STACK = --url "$(URL)" $(if $(strip $(SMOKE_TABLES)),--aws $(SMOKE_TABLES)) $(if $(filter file,$(origin SDK_APP_ID)),,--sdk-app-id $(SDK_APP_ID))
SMOKE_LAPTOP = --url http://127.0.0.1:$(PORT) --verifier none --sdk-app-id $(SDK_APP_ID) --dynamodb http://127.0.0.1:$(DYNAMODB_PORT) --events-table events --relationships-table relationships
smoke:
	cargo build --locked --workspace --bin imhook
	target/debug/imhook smoke $(if $(URL),$(SMOKE_STACK),$(SMOKE_LAPTOP)) $(SMOKE)

# The packages without a function.
NO_FUNCTIONS = $(addprefix --exclude ,bench cli fuzz generate models support tests)

# The functions that `sam deploy` uploads: target/lambda/<function>/bootstrap. With ARCHITECTURE=x86-64, deploy the
# stack with x86_64.
ARCHITECTURE = arm64
# PROFILE=release-fat makes smaller functions with fewer instructions, and takes a minute more for each function.
# FUNCTION=after-delete-friend builds only this one.
PROFILE = release
FUNCTION =
build: .local/tools/scripts/run.installed
	PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda build --locked --profile $(PROFILE) --$(ARCHITECTURE) --workspace $(NO_FUNCTIONS) --exclude contestants $(addprefix --bin ,$(FUNCTION))
	$(MAKE) put-policies
	$(MAKE) sbom

# Builds the last commit twice and compares the functions: make build-twice FUNCTION=after-delete-friend. It takes twice as long.
.PHONY: build-twice
build-twice: .local/tools/scripts/run.installed
	scripts/build-twice.sh ARCHITECTURE=$(ARCHITECTURE) PROFILE=$(PROFILE) FUNCTION=$(FUNCTION)

# The locked versions of all crates, except those that are only for building and testing.
.PHONY: sbom
sbom: .local/cargo/bin/cargo-sbom
	.local/cargo/bin/cargo-sbom sbom --output-format cyclone_dx_json_1_6 >$(LAMBDA_DIR)/sbom.cdx.json

# Deploys functions of `make build` without the stack, each with a function URL: docs/cargo-lambda.md. One of them:
#   make deploy-function FUNCTION=after-delete-friend EVENTS_TABLE=<table> ROLE=<arn> OPTIONS="--env-var NAME=value"
# All of them, with the same options: make deploy-functions ROLE=<arn>. Some functions have an event source in place of a
# URL, so they need the stack.
.PHONY: deploy-function deploy-functions
EVENTS_TABLE =
ROLE =
OPTIONS =
# The recipes are not printed, because OPTIONS can have a password. cargo-lambda leaves its zip beside the binary, where
# `sam deploy` would pack it, too.
DEPLOY = for function in $(1); do \
  PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda deploy --lambda-dir $(LAMBDA_DIR) --enable-function-url \
    $(addprefix --include ,policies.json $(wildcard policies.*.txt)) \
    $(addprefix --role ,$(ROLE)) $(addprefix --env-var EVENTS_TABLE=,$(EVENTS_TABLE)) $(OPTIONS) $$function; \
  status=$$?; rm -f $(LAMBDA_DIR)/$$function/bootstrap.zip; [ $$status = 0 ] || exit $$status; \
done
DEPLOYED = $(filter-out deliver moderate project-views publish redrive,$(patsubst $(LAMBDA_DIR)/%/bootstrap,%,$(wildcard $(LAMBDA_DIR)/*/bootstrap)))
NO_ROLE = $(error name a role with ROLE=<arn>; docs/cargo-lambda.md says what it must allow)
deploy-function: .local/tools/scripts/run.installed
	$(if $(FUNCTION),,$(error name a function, for example FUNCTION=after-delete-friend))
	$(if $(EVENTS_TABLE),$(if $(ROLE),,$(NO_ROLE)))
	@$(call DEPLOY,$(FUNCTION))

deploy-functions: .local/tools/scripts/run.installed
	$(if $(DEPLOYED),,$(error no function is built: run make build))
	$(if $(ROLE),,$(NO_ROLE))
	@$(call DEPLOY,$(DEPLOYED))

# Copies policies.json, and the lists of words that it names, next to the binaries of the functions that read it.
# --- generated by make generate: policies ---
READ_POLICIES = before-add-black \
  before-add-friend \
  before-add-friend-agree \
  before-import-friends \
  before-set-friend-remark \
  before-update-user-info \
  before-update-user-info-ex \
  before-user-register \
  before-apply-join-group \
  before-create-group \
  before-invite-user-to-group \
  before-member-join-group \
  before-set-group-info \
  before-set-group-info-ex \
  before-set-group-member-info \
  after-group-msg-read \
  after-msg-save-db \
  after-revoke-msg \
  after-send-group-msg \
  after-send-single-msg \
  after-single-msg-read \
  before-msg-modify \
  before-send-group-msg \
  before-send-single-msg \
  before-create-group-chat-conversations \
  before-create-single-chat-conversations \
  before-group-online-push \
  before-offline-push \
  before-online-push \
  tencent \
  any-command
# --- end of generated ---
LAMBDA_DIR = target/lambda
put-policies:
	for function in $(READ_POLICIES); do if [ -d "$(LAMBDA_DIR)/$$function" ]; then cp policies.json $(wildcard policies.*.txt) "$(LAMBDA_DIR)/$$function/"; fi; done

# Deploys what `make build` made, with what `sam deploy` takes: make deploy SAM_DEPLOY="--parameter-overrides OnFailure=allow".
# `make go-back` deploys again what was there before.
.PHONY: deploy go-back deploy-safe rollback-triggers
STACK = webhook-receiver
SAM_DEPLOY =
deploy:
	scripts/deploy.sh $(STACK) $(SAM_DEPLOY)

go-back:
	scripts/go-back.sh $(STACK) $(SAM_DEPLOY)

# Deploys, and then tries the stack at URL: make deploy-safe URL=… with what `make smoke` needs. If it fails, `make go-back`
# is next.
deploy-safe:
	$(if $(URL),,$(error name the stack with URL=…; without it, the smoke test would try make run))
	$(MAKE) deploy
	$(MAKE) smoke || { echo "the new version failed its smoke test; make go-back deploys the one before" >&2; exit 1; }

# After a deployment with AlarmTopicArn, once: CloudFormation takes a later deployment back if an alarm is raised.
rollback-triggers:
	scripts/rollback-triggers.sh $(STACK)

# Builds the files of a release, as CI does: make dist && make dist ARCHITECTURE=x86-64 && make release-files
VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml)
DIST = dist
IMHOOK_DIR = target/imhook
.PHONY: dist package release-files release release-check
dist: build
	PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda build --locked --profile $(PROFILE) --$(ARCHITECTURE) --package cli --bin imhook --lambda-dir $(IMHOOK_DIR)
	$(MAKE) package

# Packs the build into dist/<architecture>: template.yaml with a zip for each function. Archives that folder, and imhook.
package:
	scripts/package.py $(ARCHITECTURE) $(VERSION) $(LAMBDA_DIR) $(IMHOOK_DIR)/imhook/bootstrap $(DIST)

# Adds the SBOM, the checksums and the notes to the archives in dist. The SBOM has the locked versions of all crates except
# those that are only for building and testing.
release-files: .local/cargo/bin/cargo-sbom
	.local/cargo/bin/cargo-sbom sbom --output-format cyclone_dx_json_1_6 >$(DIST)/webhook-receiver-$(VERSION).cdx.json
	cd $(DIST) && sha256sum -- *.zip *.tar.gz *.cdx.json >SHA256SUMS
	scripts/release-notes.sh $(VERSION) >$(DIST)/NOTES.md

# Publishes dist as the release of a tag, with the program gh and its GH_TOKEN: make release TAG=v1.2.3
release:
	gh release create "$(TAG)" --verify-tag --title "$(TAG)" --notes-file $(DIST)/NOTES.md -- $(wildcard $(addprefix $(DIST)/,*.zip *.tar.gz *.cdx.json SHA256SUMS))

# Checks that the tag can become a release at this address: make release-check TAG=v1.2.3 REPOSITORY=https://…
release-check:
	scripts/release-check.sh "$(TAG)" "$(REPOSITORY)"

# Installs cargo-lambda and the SAM CLI into .local/tools/bin, without root.
.PHONY: tools
tools: .local/tools/scripts/run.installed .local/tools/tests/tools.installed

# Writes every list of the commands from the catalogue in shared/protocol.
generate:
	cargo run --locked --package generate

# The dev profile, because only the template is tried: it takes a minute or two, the release profile six. cargo-lambda
# links for an older glibc than that of Amazon Linux 2023. Plain cargo would link for this machine's glibc.
SAM_LOCAL_DIR = .local/sam-local/functions
sam-local: .local/tools/scripts/run.installed .local/tools/tests/tools.installed
	PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda build --locked --$(HERE) --workspace $(NO_FUNCTIONS) --exclude contestants --lambda-dir $(SAM_LOCAL_DIR)
	$(MAKE) put-policies LAMBDA_DIR=$(SAM_LOCAL_DIR)
	cargo build --locked --workspace --bins
	LAMBDA_DIR=$(SAM_LOCAL_DIR) ADDRESS=$(ADDRESS) PORT=$(PORT) DYNAMODB_PORT=$(DYNAMODB_PORT) SDK_APP_ID=$(SDK_APP_ID) scripts/sam-local.sh

# This machine's valgrind, or else Debian's.
VALGRIND = $(if $(shell command -v valgrind 2>/dev/null),,.local/valgrind/valgrind)

# Always the whole workspace: for one package alone, Cargo would compile the dependencies again, with other features.
test: BESIDE = .local/ministack/tests/ministack.installed .local/nginx/nginx .local/chromium/chromium $(AXE) bench-contestants examples $(VALGRIND)
test: AFTER_LINTS = bench-tested
test: .local/tools/scripts/run.installed check
	cargo build --locked --workspace --bins --examples
	fuzz/run.sh dev 1000
	RUST_BACKTRACE=0 RUST_TEST_THREADS=$(TEST_THREADS) cargo test --locked --workspace $(TESTED) -- --show-output
	cargo test --locked --workspace --doc
	$(SAM_LOCAL_TEST)

# More than the cores of a small machine, because many tests wait: for time-outs, for restarts, for MiniStack.
TEST_THREADS = 4

# The run above ignores this test. SAM_LOCAL=skip leaves it out, for a machine without a Docker engine and without root. A
# backtrace would only hide the message of a test.
SAM_LOCAL_TEST = RUST_BACKTRACE=0 scripts/with-docker.sh cargo test --locked --workspace --test it -- --ignored --show-output
ifeq ($(SAM_LOCAL),skip)
SAM_LOCAL_TEST = @echo "sam_local is ignored: SAM_LOCAL=skip"
endif

# A function's binary is one line without tests, so no test harness is linked for it.
TESTED = --lib --test '*' --bin bench --bin imhook

# All tests that need no running function: for work on a handler.
.PHONY: quick
quick: fmt clippy .local/tools/tests/tools.installed
	cargo test --locked --workspace --lib --test relations --test payloads --test decisions --test policies --test generate --test corpus

# With optimisation, and RUNS inputs for each target. Keeps in fuzz/corpus the inputs that are worth keeping.
RUNS = 3000000
fuzz:
	fuzz/run.sh fuzz $(RUNS)
	fuzz/minimise.sh fuzz

# What does not compile this workspace runs beside the lints, because it mostly uses one core, or waits for a registry: checks,
# and in `make test` also what is installed for the tests. In `make test`, the release builds come after the lints, while that
# goes on. They need no installation but one that is done before.
.PHONY: beside lints
check:
	mkdir -p target
	$(MAKE) beside BESIDE="$(BESIDE)" >target/beside.log 2>&1 & beside=$$!; \
	  $(MAKE) lints $(AFTER_LINTS); lints=$$?; \
	  wait $$beside; beside=$$?; cat target/beside.log; \
	  [ $$lints = 0 ] && [ $$beside = 0 ]
lints: fmt clippy doc
beside: book unused deny template project $(BESIDE)

# Cargo does not find modules that a macro declares, so rustfmt gets their files: one for each command.
fmt:
	cargo fmt --all --check
	rustfmt --edition 2024 --check functions/*/src/*.rs functions/*/src/*/*.rs shared/protocol/src/*/*/*.rs

clippy:
	cargo clippy --locked --workspace --all-targets -- --deny warnings

# The libraries and the programs. The binaries of the functions have one line each.
doc:
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps --lib --bin imhook --bin bench --bin generate

# Builds the book from docs. Open target/book/index.html.
book: .local/cargo/bin/mdbook
	.local/cargo/bin/mdbook build docs

# Its warnings are about files of modules that a macro declares.
unused: .local/tools/tests/tools.installed
	.local/tools/bin/cargo-shear --locked

deny: .local/tools/tests/tools.installed
	.local/tools/bin/cargo-deny --locked check --deny warnings --hide-inclusion-graph bans licenses sources

# Looks for known vulnerabilities. Not part of `make test`, because the database is a Git repository.
.PHONY: advisories oldest-rust
advisories: .local/tools/tests/tools.installed
	.local/tools/bin/cargo-deny --locked check advisories

# Compiles with the oldest Rust that Cargo.toml allows. rustup installs it.
RUST_VERSION := $(shell sed -n 's/^rust-version = "\(.*\)"$$/\1/p' Cargo.toml)
oldest-rust:
	rustup toolchain install $(RUST_VERSION) --profile minimal
	cargo +$(RUST_VERSION) check --locked --workspace --all-targets

template: .local/tools/tests/tools.installed .local/checkov/tests/checkov.installed
	.local/tools/bin/cfn-lint --regions us-east-1 eu-central-1 -- template.yaml
	SAM_CLI_TELEMETRY=0 .local/tools/bin/sam validate --lint --region eu-central-1
	.local/checkov/bin/checkov

# Checks workflows, issue forms and spelling, and tests the scripts that package a release.
project: .local/tools/tests/tools.installed .local/project/tests/project.installed
	.local/project/bin/typos
	.local/project/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.local/project/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	.local/project/bin/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	.local/project/bin/check-jsonschema --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	.local/project/bin/zizmor --offline --no-progress --quiet .github
	.local/tools/bin/python tests/release.py

# Python programs. The folder keeps a mark for each list, so that a changed list is installed.
.local/tools/%.installed: %.txt
	scripts/python.sh .local/tools $<
	mkdir -p $(@D) && touch $@

.local/checkov/%.installed: %.txt
	scripts/python.sh .local/checkov $<
	mkdir -p $(@D) && touch $@

.local/project/%.installed: %.txt
	scripts/python.sh .local/project $<
	mkdir -p $(@D) && touch $@

.local/ministack/%.installed: %.txt
	scripts/python.sh .local/ministack $<
	mkdir -p $(@D) && touch $@

# The services in examples/, for their test. scripts/example.sh leaves out a language that this machine does not have. They
# are built at the same time, each in its own folder, because they mostly wait for the network.
EXAMPLES = $(patsubst %,.local/examples/%.built,go java typescript)
examples:
	printf '%s\n' $(EXAMPLES) .local/examples/python/examples/python/requirements.installed | xargs -P 4 -n 1 $(MAKE) --silent

$(EXAMPLES): .local/examples/%.built: scripts/example.sh $(filter-out %.md,$(wildcard examples/*/*.*))
	scripts/example.sh $*

.local/examples/python/%.installed: %.txt
	scripts/python.sh .local/examples/python $<
	mkdir -p $(@D) && touch $@

# For the test of docs/reverse-proxy.md.
.local/nginx/nginx:
	scripts/debian.sh .local/nginx nginx usr/sbin/nginx

# For the tests of the page of `imhook inspect`. Chromium finds the font through XDG_DATA_HOME.
.local/chromium/chromium:
	scripts/debian.sh .local/chromium chromedriver usr/bin/chromedriver chromium-driver
	scripts/debian.sh .local/chromium chromium usr/lib/chromium/chromium chromium chromium-common fonts-dejavu-core fontconfig-config FONTCONFIG_PATH=etc/fonts XDG_DATA_HOME=usr/share

# It checks that page for people who cannot see or use a mouse. The Node is that of the benchmark.
AXE = .local/axe/node_modules/axe-core/axe.min.js
$(AXE): .local/bench-node/bench/contestants/node/requirements.installed $(wildcard tests/axe/*.json) tests/axe/.npmrc
	mkdir -p .local/axe && cp tests/axe/*.json tests/axe/.npmrc .local/axe/
	cd .local/axe && PATH="$(CURDIR)/.local/bench-node/bin:$$PATH" npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

# Takes the pictures of that page for the documents.
.PHONY: screenshots
screenshots: .local/chromium/chromium $(AXE)
	cargo build --locked --workspace --bins
	PICTURES=docs/pictures cargo test --locked --workspace --test it -- inspect::a_browser

# For `sam local` where no Docker engine answers and Lambda's image is not available.
.local/docker/dockerd:
	scripts/debian.sh .local/docker dockerd usr/sbin/dockerd docker.io containerd runc

.local/stand-in.tar:
	scripts/stand-in.sh $@

# Without the server and the file watcher, which nobody uses here. Without debug information it compiles a quarter faster.
.local/cargo/bin/mdbook:
	CARGO_PROFILE_DEV_DEBUG=0 cargo install mdbook --version 0.5.4 --locked --debug --no-default-features --features search --root .local/cargo

.local/cargo/bin/cargo-sbom:
	cargo install cargo-sbom --version 0.10.0 --locked --debug --root .local/cargo

# Before a release of imhook-domain and imhook-protocol: would crates.io accept both, and does the version number say
# whether something breaks for their users? `cargo publish` here packs and compiles them, and uploads nothing. BASELINE is
# what users have: the last tag, or another commit (BASELINE=<commit>) that has both packages. Without a tag it is HEAD.
.PHONY: publish-check
PUBLISHED = --package imhook-domain --package imhook-protocol
BASELINE = $(or $(shell git describe --tags --abbrev=0 2>/dev/null),HEAD)
publish-check: .local/cargo/bin/cargo-semver-checks
	cargo publish --locked --dry-run $(PUBLISHED)
	.local/cargo/bin/cargo-semver-checks semver-checks $(PUBLISHED) --baseline-rev $(BASELINE)

.local/cargo/bin/cargo-semver-checks:
	cargo install cargo-semver-checks --version 0.51.0 --locked --debug --root .local/cargo

# Builds what `make bench` compares: our functions and the SDK floor, for this machine.
.PHONY: bench-functions bench-tested bench-bare
# Not target/lambda, which has the functions for deployment, perhaps for another architecture.
BENCH_DIR = target/bench/lambda
HERE = $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86-64)
BENCH_BUILD = PATH="$(CURDIR)/.local/tools/bin:$$PATH" cargo lambda build --locked --profile $(PROFILE) --$(HERE) --lambda-dir $(BENCH_DIR)
bench-functions bench-tested: .local/tools/scripts/run.installed
	$(BENCH_BUILD) --workspace $(NO_FUNCTIONS) $(BENCH_BINS)
	$(MAKE) put-policies LAMBDA_DIR=$(BENCH_DIR)

# The functions that do nothing. They need other features of the same libraries, so Cargo compiles these once more. `make test`
# does without.
bench-bare: .local/tools/scripts/run.installed
	$(BENCH_BUILD) --package contestants --no-default-features --features defaults --bin bare-http --bin bare-runtime

# `bench-functions` builds all functions, `make test` only those with a budget.
BENCH_TESTED = sdk-floor after-delete-friend before-add-friend after-send-single-msg before-send-single-msg after-send-group-msg tencent any-command project-views
bench-tested: BENCH_BINS = $(addprefix --bin ,$(BENCH_TESTED))

# The same function in Python, in JavaScript with its own Node, and in Go and Java, if this machine has them.
.PHONY: bench-contestants
BENCH_PYTHON = .local/bench-python/bench/contestants/python/requirements.installed
BENCH_NODE = .local/bench-node/dist/index.mjs
BENCH_GO = .local/bench-go/built
BENCH_JAVA = .local/bench-java/built
bench-contestants: $(BENCH_PYTHON) $(BENCH_NODE) $(BENCH_GO) $(BENCH_JAVA)

.local/bench-python/%.installed: %.txt
	scripts/python.sh .local/bench-python $<
	mkdir -p $(@D) && touch $@

.local/bench-node/%.installed: %.txt
	scripts/python.sh .local/bench-node $<
	mkdir -p $(@D) && touch $@

NODE_SOURCES = bench/contestants/node/.npmrc $(wildcard bench/contestants/node/*.mjs bench/contestants/node/*.json bench/contestants/node/*.sh)
$(BENCH_NODE): .local/bench-node/bench/contestants/node/requirements.installed $(NODE_SOURCES)
	bench/contestants/node/install.sh .local/bench-node

$(BENCH_GO): $(wildcard bench/contestants/go/*)
$(BENCH_JAVA): $(wildcard bench/contestants/java/*.* bench/contestants/java/src/*)
$(BENCH_GO) $(BENCH_JAVA): .local/bench-%/built:
	mkdir -p $(@D)
	bench/contestants/$*/install.sh $(@D)

# The program with which `bench instructions` counts.
.local/valgrind/valgrind:
	scripts/debian.sh .local/valgrind valgrind usr/bin/valgrind.bin VALGRIND_LIB=usr/libexec/valgrind

# Writes docs/performance/functions.json and the tables of the documentation. The results are only valid on an idle
# machine.
.PHONY: bench bench-harness bench-times bench-instructions bench-report bench-words
BENCH = target/release/bench
bench: bench-functions bench-bare bench-contestants
	$(MAKE) bench-times
	$(MAKE) bench-report
	$(MAKE) bench-instructions
	$(MAKE) bench-words

# Built alone, without the AWS crates: otherwise Cargo would compile those again.
bench-harness:
	cargo build --locked --release --package bench

bench-times: bench-harness bench-tested bench-bare bench-contestants
	cargo build --locked --workspace --bins
	$(BENCH) same
	$(BENCH) functions --json docs/performance/functions.json

bench-instructions: bench-harness bench-tested bench-bare $(VALGRIND)
	$(BENCH) instructions

bench-report: bench-harness
	$(BENCH) report

# What a list of 10,000 words costs: at the start, and for a message of 200 characters.
bench-words:
	cargo run --locked --release --package policies --example words

# A million callbacks through the same processes, for a quarter of an hour. CALLBACKS=100000 is shorter.
.PHONY: bench-soak bench-refused bench-openim
CALLBACKS = 1000000
bench-soak: bench-harness bench-tested
	cargo build --locked --workspace --bins
	$(BENCH) soak --callbacks $(CALLBACKS) --json docs/performance/soak.json

# What requests cost that are refused, in ten minutes.
bench-refused: bench-harness bench-tested $(VALGRIND)
	$(BENCH) refused --json docs/performance/refused.json

# Sends callbacks as OpenIM's processes do: for eight minutes, and then bursts for thirty. MINUTES=0 leaves these out. It
# needs Go.
MINUTES = 30
bench-openim: bench-tested
	cargo build --locked --workspace --bins
	FUNCTIONS=$(BENCH_DIR) IMHOOK=target/debug/imhook MINUTES=$(MINUTES) bench/openim-client/run.sh

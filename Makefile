# What can be chosen: make run PORT=9100 DYNAMODB_PORT=8100 ADDRESS=0.0.0.0 SDK_APP_ID=1400000002
ADDRESS = 127.0.0.1
PORT = 9000
DYNAMODB_PORT = 8000
SDK_APP_ID = 1400000001

.PHONY: run sample

run: .local/tools/local/run.installed
	cargo build --locked --workspace --bins
	target/debug/local run --address $(ADDRESS) --port $(PORT) --dynamodb-port $(DYNAMODB_PORT) --sdk-app-id $(SDK_APP_ID)

sample:
	target/debug/local sample --url http://127.0.0.1:$(PORT) --dynamodb http://127.0.0.1:$(DYNAMODB_PORT) --sdk-app-id $(SDK_APP_ID)

# Python programs, in a folder of their own. pip adds to what is there.
.local/tools/%.installed: %.txt
	python3 -m venv .local/tools && .local/tools/bin/pip install --quiet --requirement $<
	mkdir -p $(@D) && touch $@

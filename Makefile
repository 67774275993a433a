# `make demo` and `make test` are all that a newcomer needs; each installs what is missing first.

CARGO_FLAGS ?= --locked
# Fails where there is none, and not only later. It must not be called MONGOD: of a name that is in the environment make
# hands its own value on, and a person says there which server to take.
WITH_SERVER = mongod=$$(./scripts/get-mongod.sh) &&

LAB = $${CARGO_TARGET_DIR:-./target}/release/lab

.PHONY: demo findings test charm program lab needs fmt lint clean

## Five units, a partition, a write test, the verdicts. QUICK=1 for a 15 s partition.
demo: needs charm lab
	$(WITH_SERVER) $(LAB) demo --charm . --resource "mongod=$$mongod" --reports target/demo $(if $(QUICK),--quick)

## Everything: formatting, lints, the charm alone, unit and property tests, the lab.
test: needs lint program
	@./scripts/install-needs.sh test
	cargo test $(CARGO_FLAGS) --lib --test layers
	$(WITH_SERVER) MONGOD="$$mongod" CARGO_FLAGS="$(CARGO_FLAGS)" ./scripts/test-outside.sh

## What a set keeps at which setting, as a table from trials with faults; see scripts/findings.sh for what can be asked.
findings: needs charm lab
	./scripts/findings.sh

## The charm: bin/mongo-rs, and the same packed as mongo-rs_amd64.charm.
charm: program
	cargo build $(CARGO_FLAGS) --release --bin lab
	$(LAB) pack . mongo-rs_amd64.charm

## The charm's static program alone, in bin/.
program: needs
	./scripts/build-charm.sh

lab: needs
	cargo build $(CARGO_FLAGS) --release --bin lab

needs:
	@./scripts/install-needs.sh

fmt:
	cargo fmt

lint: needs
	cargo fmt --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	cargo clippy $(CARGO_FLAGS) --no-default-features --bin mongo-rs -- -D warnings

clean:
	cargo clean
	rm -rf bin mongo-rs_amd64.charm

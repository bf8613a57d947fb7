# What README and CI call. Every target says what it does in `make help`.

SHELL := /bin/sh
CARGO ?= cargo
export CARGO_TARGET_DIR ?= $(CURDIR)/target
RUMIAI := $(CARGO_TARGET_DIR)/release/rumiai
export RUMIAI_CACHE_DIR ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/rumiai
VIDEO ?= $(RUMIAI_CACHE_DIR)/media/demo.mp4
OUTPUT ?= output
MINUTES ?= 60

.PHONY: help setup build demo up down test faults soak llm-real llm-live check accuracy bench docs clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST)

setup: ## Install what is missing, fetch weights and media; quiet when nothing is to do
	@deploy/setup/install.sh
	@$(CARGO) build --quiet --locked --release -p rumiai -p decoder
	@$(RUMIAI) models fetch --all --media
	@deploy/setup/demo-clip.sh
	@tests/shots/setup.sh
	@tests/speech/setup.sh

build: ## The release executables
	@$(CARGO) build --locked --release -p rumiai -p decoder

demo: setup ## Analyse the demo clip, or VIDEO=file
	@$(RUMIAI) analyze "$(VIDEO)" -o "$(OUTPUT)"

up: setup ## RabbitMQ, an S3 server, a collector and one worker per stage, on this machine
	@deploy/setup/services.sh
	@RUMIAI="$(RUMIAI)" deploy/local/up.sh

down: ## Stop what `make up` started
	@deploy/local/down.sh

test: ## All tests; those with real servers are skipped where these cannot be unpacked
	@deploy/setup/services.sh || echo "make test: tests with a real broker, store and collector are skipped" >&2
	@$(CARGO) nextest --version >/dev/null 2>&1 || $(CARGO) install --quiet --locked cargo-nextest
	@$(CARGO) build --quiet --locked --workspace --bins
	@$(CARGO) nextest run --locked --workspace $(NEXTEST_FLAGS)

faults: ## Every worker killed at every point, and all rows of docs/faults.md in full
	@deploy/setup/services.sh
	@FAULTS=full $(CARGO) nextest run --locked --profile faults --workspace -E '(package(faults) & not binary(page)) | test(/row_[0-9][0-9]_/)' $(NEXTEST_FLAGS); \
	ended=$$?; $(CARGO) run --quiet --locked -p faults --bin fault-page target/nextest/faults/junit.xml; exit $$ended

soak: ## Ask language models for MINUTES (60) while a tenth goes wrong; memory must stay flat and no answer be lost
	@$(CARGO) bench --quiet --locked -p llm --bench soak -- $(MINUTES)

llm-real: ## A small language model that really is one, asked through the layer; fetches 120 MB once
	@$(CARGO) nextest --version >/dev/null 2>&1 || $(CARGO) install --quiet --locked cargo-nextest
	@deploy/mini-ollama/test.sh

llm-live: ## Claude itself, for at most 0.10 USD, with CLAUDE_API_KEY; writes down what it answers
	@$(CARGO) nextest --version >/dev/null 2>&1 || $(CARGO) install --quiet --locked cargo-nextest
	@if [ -z "$$CLAUDE_API_KEY" ]; then echo "make llm-live: SKIPPED, CLAUDE_API_KEY is not set; nobody was asked" >&2; \
	else LLM_LIVE=1 $(CARGO) nextest run --locked -p llm --test live --no-capture; fi

check: ## Formatting, lints, documentation, licences
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --quiet --locked --workspace --all-targets -- --deny warnings
	@RUSTDOCFLAGS="--deny warnings" $(CARGO) doc --quiet --locked --workspace --no-deps --document-private-items
	@deploy/setup/cargo-deny.sh
	@PATH="$(RUMIAI_CACHE_DIR)/tools/cargo/bin:$$PATH" $(CARGO) deny --offline --log-level error check bans licenses sources

accuracy: setup ## Measure how right the stages are, write docs/accuracy (PAGES="ocr speech" for some)
	@deploy/bench/accuracy.sh $(PAGES)

bench: build ## Measure decode speed against ffmpeg, the layer before language models, and the timeline if ORACLE_DIR is set
	@deploy/bench/decode.sh
	@deploy/bench/language-models.sh
	@if [ -n "$$ORACLE_DIR" ]; then cargo run --release --locked -p oracle -- bench docs/bench/timeline.md; fi

clean: ## Remove build results; the cache stays
	@$(CARGO) clean

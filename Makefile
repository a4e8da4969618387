# SalesCompass. `make` alone lists what can be done; every target sets up what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2

.PHONY: help install up down reset info logs demo test test-fast faults soak check schemas bench

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## The virtual environment, from the lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null; then pip="uv pip install --python $(BIN)/python"; \
	else $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; pip="$(BIN)/python -m pip install"; fi; \
	$$pip -q --require-hashes -r requirements.lock && $$pip -q --no-deps -e .
	@touch $@

up: $(READY) ## Start the whole system, print its addresses and leave it running
	@$(BIN)/salescompass up

down: $(READY) ## Stop it; the data stays
	@$(BIN)/salescompass down

reset: $(READY) ## Stop it and wipe its data; fetched packages stay
	@$(BIN)/salescompass reset --yes

info: $(READY) ## Addresses and state of every process
	@$(BIN)/salescompass info

logs: $(READY) ## Follow the logs; NAME=leads-api for one process
	@$(BIN)/salescompass logs $(NAME) --follow

demo: up ## A day of prospects' behaviour and a sale, shown live and explained
	@$(BIN)/salescompass demo

test: $(READY) ## Every test on real Kafka, registry and PostgreSQL; kills and cuts with a twentieth of the counts
	$(BIN)/pytest -q -n $(WORKERS)

test-fast: $(READY) ## Tests without infrastructure: seconds
	$(BIN)/pytest -q -m "not infra and not faults"

faults: $(READY) ## Kills, pauses and cuts with all counts of the promises: long
	FAULT_SCALE=1 $(BIN)/pytest -q -m faults

soak: $(READY) ## The fault tests again and again for SOAK_MINUTES (30)
	@end=$$(( $$(date +%s) + 60 * $${SOAK_MINUTES:-30} )); \
	while [ $$(date +%s) -lt $$end ]; do FAULT_SCALE=$${FAULT_SCALE:-0.2} $(BIN)/pytest -q -m faults || exit 1; done

check: $(READY) ## Lint, format, types and the tree's contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

schemas: $(READY) ## Check topics.yaml and the records; bring the README's table up to date
	$(BIN)/python -m chassis.catalogue

bench: $(READY) ## Speed against peers, as ratios in one run
	KAFKA_JVM_FLAGS= $(BIN)/python -m bench

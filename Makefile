# `make help` lists what can be made. Everything runs in .venv, which the first target builds and
# which is built again only when pyproject.toml or constraints.txt changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

# pyright must not ask a registry for newer versions of itself.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Prefect sends no usage data.
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help demo serve test check proofs bench clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

demo: $(READY) ## Load examples/ and run the main job; results go to out/
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

serve: $(READY) ## Run everything a home needs; Ctrl-C ends it
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/diarchy serve

test: check ## Run every check and every test
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal

check: $(READY) ## Formatting, lint, strict types, and who may import whom
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports

proofs: $(READY) ## The property and kill tests with many more cases (long)
	@DIARCHY_PROOFS=1 $(BIN)/python -m pytest tests/properties tests/end_to_end

bench: $(READY) ## Measure on this machine and print the figures
	@$(BIN)/python -m benchmarks

clean: ## Remove the environment, caches and outputs
	@if [ -x $(BIN)/diarchy ] && [ -d out/demo-home ]; then \
	    DIARCHY_HOME=out/demo-home $(BIN)/diarchy down || true; fi
	@rm -rf $(VENV) out build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# torch goes first and alone: asked for by its exact version it comes as the build that fits the
# machine, and nothing that depends on it chooses another.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Diarchy needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(VENV); the first time this takes some minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install -c constraints.txt torch==2.13.0
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(READY)

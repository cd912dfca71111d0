# Makes its own .venv; needs only Python 3.11 to 3.13, make and git. UV=0 uses plain pip.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,13))' 2>/dev/null && { echo $$p; break; }; done)
UV ?= 1
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help demo test test-all lint types notebooks bench lab clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found on the PATH"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@if [ "$(UV)" != 0 ] && { test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; }; then \
		$(BIN)/uv pip install --quiet --python $(BIN)/python -e '.[sandbox,dev]'; \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[sandbox,dev]'; \
	fi
	@touch $@

demo: $(STAMP)  ## set up the sandbox's environment from end to end
	@$(BIN)/runbook demo

test: $(STAMP)  ## run every suite that can run here, and say which could not
	@$(BIN)/python -m tests.suites

test-all: $(STAMP)  ## the same, and fail when a suite could not run
	@$(BIN)/python -m tests.suites --all

lint: $(STAMP)  ## ruff and the import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: $(STAMP)  ## mypy, strict
	@$(BIN)/mypy

notebooks: $(STAMP)  ## write what is generated from the schema: parameters cells, parameters/schema.json, docs/parameters.md
	@$(BIN)/python -m runbook_lib.parameters

bench: $(STAMP)  ## measure what a run costs
	@$(BIN)/python -m tests.bench

lab: $(STAMP)  ## open the notebooks
	@$(BIN)/jupyter lab notebooks

clean:  ## remove what make made; records stay
	@rm -rf .venv .venv-3.* .mypy_cache .ruff_cache .pytest_cache .hypothesis

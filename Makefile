# `make` lists the targets. Every target that runs something first makes .venv, with whatever is there: Python 3.11 to 3.13, git and make.
#
#   make UV=0                     install with pip alone (uv is tried first because it is several times faster)
#   make PYTHON3=/path/python3.12 make .venv with this interpreter
#   make VENV=.venv-mine          make and use another folder (its name begins with .venv, so that git ignores it)

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
# Images for containers often forbid bytecode; then each of a run's kernels compiles anew all that it imports, for longer than it works.
unexport PYTHONDONTWRITEBYTECODE

VENV ?= .venv
UV ?= 1
PYTHON3 ?=
PIP_QUIET := --quiet --disable-pip-version-check
UV_VERSION := uv>=0.9,<1
EXTRAS := sandbox,dev

PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# Writes from the schema the parameters cell of every notebook and parameters/schema.json.
WRITE_NOTEBOOKS := runbook_lib.parameters
# Writes docs/call-ledger.md from the call ledger.
WRITE_PAGES := runbook_lib.views
# Writes docs/record-1.schema.json and docs/batch-1.schema.json from the models that records are written from.
WRITE_SCHEMA := runbook_lib.evidence

.PHONY: help venv demo lab test test-all test-airflow lint types notebooks reference bench screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

venv: $(STAMP) ## install everything into .venv
	@echo "installed in $(VENV): $$($(PYTHON) --version)"

demo: $(STAMP) ## set up a whole environment on the embedded AWS and Redshift
	@$(VENV)/bin/runbook demo $(if $(PORTS),--ports $(PORTS))

lab: $(STAMP) ## open the notebooks in JupyterLab
	@$(VENV)/bin/runbook lab $(ENV)

test: $(STAMP) ## run every suite; tell which could not be run, and why
	@$(PYTHON) -m tests.suites

test-all: $(STAMP) ## the same, and fail when a suite could not be run
	@$(PYTHON) -m tests.suites --all

test-airflow: $(STAMP) ## run the DAGs by a real Airflow, in an environment of its own
	@$(PYTHON) -m tests.suites airflow

lint: $(STAMP) ## check style and format
	@$(PYTHON) -m tests.suites lint

types: $(STAMP) ## check the types
	@$(PYTHON) -m tests.suites types

notebooks: $(STAMP) ## write the notebooks' parameters cells, the JSON schemas and the generated pages
	@$(PYTHON) -m $(WRITE_NOTEBOOKS)
	@$(PYTHON) -m $(WRITE_PAGES)
	@$(PYTHON) -m $(WRITE_SCHEMA)

reference: $(STAMP) ## fetch the newest slice of AWS's service reference (needs npm and a network)
	@$(PYTHON) -m tests.reference

bench: $(STAMP) ## measure what a run costs
	@$(PYTHON) -m tests.bench $(BENCH)

screenshots: $(STAMP) ## take the documentation's pictures of a run of the demo (needs Chromium)
	@$(PYTHON) -m tests.screenshots

clean: ## remove what was installed and cached; records in runs/ stay
	@rm -rf .venv .venv-* .oracle .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp stands for the installed environment: made again when a dependency may have changed.
$(STAMP): pyproject.toml Makefile
	@set -eu; \
	if ! $(PYTHON) -c 'import sys, pip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	  rm -rf $(VENV); \
	  for each in $(PYTHON3) $(if $(PYTHON3),,python3.11 python3.12 python3.13 python3 python); do \
	    if "$$each" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	      echo "making $(VENV) with $$("$$each" --version)"; \
	      "$$each" -m venv $(VENV); \
	      break; \
	    fi; \
	  done; \
	  if [ ! -x $(PYTHON) ]; then \
	    echo "No Python 3.11, 3.12 or 3.13 with its venv module was found on the PATH." >&2; \
	    echo "Install one (Debian and Ubuntu: python3.11 and python3.11-venv; macOS: brew install python@3.12)," >&2; \
	    echo "or name it: make PYTHON3=/path/to/python3.12" >&2; \
	    exit 1; \
	  fi; \
	fi; \
	if [ "$(UV)" != 0 ] && $(PYTHON) -m pip install $(PIP_QUIET) '$(UV_VERSION)' \
	    && $(PYTHON) -m uv pip install --quiet --python $(PYTHON) --editable '.[$(EXTRAS)]'; then \
	  :; \
	else \
	  if [ "$(UV)" != 0 ]; then echo "uv could not install; trying pip alone" >&2; fi; \
	  $(PYTHON) -m pip install $(PIP_QUIET) --editable '.[$(EXTRAS)]'; \
	fi
	@touch $@

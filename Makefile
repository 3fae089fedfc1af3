# `make demo` and `make test` need only make and Python 3.11 or newer with its venv module.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
JOBS ?= 2
ARGS ?=
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes --no-deps
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate
# The locks are complete: pip installs exactly these files, by their hashes.
PRODUCT := $(VENV)/.product-installed
DEVELOPMENT := $(VENV)/.development-installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run demo test test-sqlite test-postgresql check lint format types imports \
	migrations templates measure settings bench soak lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Daybreak needs Python 3.11 or newer: PYTHON=/path/to/python3 make demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: on Debian and Ubuntu install python3-venv"; exit 1; }

$(PRODUCT): requirements.lock | $(BIN)/python
	@echo "Installing the product (requirements.lock)"
	@$(PIP) -r requirements.lock
	@touch $@

$(DEVELOPMENT): requirements.lock requirements-dev.lock | $(BIN)/python
	@echo "Installing the development tools (requirements-dev.lock)"
	@$(PIP) -r requirements.lock -r requirements-dev.lock
	@touch $(PRODUCT) $@

setup: $(DEVELOPMENT)  ## Make the development environment and the commit hooks
	@! test -d .git || $(BIN)/pre-commit install --hook-type pre-commit

demo: $(PRODUCT)  ## Start a filled Daybreak in this folder (PORT=8000)
	@PORT=$(PORT) $(BIN)/python manage.py demo

run: $(PRODUCT)  ## Start Daybreak on your own data (PORT=8000)
	@$(BIN)/python manage.py migrate --verbosity 0
	@PORT=$(PORT) $(BIN)/python manage.py serve

test: test-sqlite test-postgresql  ## Run the tests on SQLite, then on PostgreSQL (ARGS="-k words")

test-sqlite: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

test-postgresql: $(DEVELOPMENT)
	TEST_DATABASE=postgresql $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

check: lint types imports migrations templates settings measure  ## Run every gate but the tests

lint: $(DEVELOPMENT)  ## Check style and form
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(DEVELOPMENT)  ## Bring code and templates into form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/djade --target-version 5.2 $$(find templates -name '*.html')

types: $(DEVELOPMENT)  ## Check types
	$(BIN)/mypy agents reviews dreaming tests manage.py

imports: $(DEVELOPMENT)  ## Check which room imports which
	$(BIN)/lint-imports --no-cache

migrations: $(DEVELOPMENT)  ## Check that models and migrations agree
	$(BIN)/python manage.py makemigrations --check --dry-run

templates: $(DEVELOPMENT)
	$(BIN)/djade --check --target-version 5.2 $$(find templates -name '*.html')

settings: $(DEVELOPMENT)
	DAYBREAK_SECURE=true DAYBREAK_SECRET_KEY=$$(printf 'check%.0s' 1 2 3 4 5 6 7 8 9 10 11 12) \
	DAYBREAK_ALLOWED_HOSTS=daybreak.example.com \
	$(BIN)/python manage.py check --deploy --fail-level ERROR

measure: $(DEVELOPMENT)  ## Measure tests against code
	$(BIN)/python -m tests.measure

bench: $(DEVELOPMENT)  ## Measure speed against the budgets (BENCH_JSON=FILE)
	$(BIN)/python -m tests.bench

bench-%: $(DEVELOPMENT)  ## Measure one part: make bench-start
	$(BIN)/python -m tests.bench $*

soak: $(DEVELOPMENT)  ## Run the tests with full counts; takes long
	TEST_TIER=soak $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m soak $(ARGS)
	TEST_TIER=soak TEST_DATABASE=postgresql $(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lock: $(DEVELOPMENT)  ## Resolve the dependencies anew
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group dev -c requirements.lock -o requirements-dev.lock

clean:  ## Remove the environment and caches; your data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles

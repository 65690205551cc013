# Everything a newcomer runs. Each target makes its environment first; nothing need be installed
# but Python 3.11 to 3.13, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GEN := $(BIN)/lookml-gen
READY := $(VENV)/.ready
WAREHOUSE := output/lantern-data.duckdb

.PHONY: run test check setup format lint types layers snapshots generate diff etl publish docs bench integration clean

run: $(READY) $(WAREHOUSE)  ## the example, end to end: warehouse, four weeks of monitoring, LookML, commit
	@$(GEN) etl --from 2026-07-03 --to 2026-07-30
	@$(GEN) generate --publish

$(WAREHOUSE): $(wildcard templates/demo/*.sql) | $(READY)  # what etl computes is in it, too
	@$(GEN) demo

test: $(READY)  ## every test
	@$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: lint types layers test  ## all that CI runs

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "needs Python 3.11 to 3.13; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	@echo "making the environment in $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,etl]'
	@touch $@

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(READY)
	@$(BIN)/mypy

layers: $(READY)
	@$(BIN)/lint-imports --no-logo

snapshots: $(READY)  ## rewrite the expected output; git diff is the review
	@$(BIN)/pytest --snapshot-update tests/test_cases.py

generate: $(READY)
	@$(GEN) generate

etl: $(READY)
	@$(GEN) etl --from 2026-07-03 --to 2026-07-30

publish: $(READY)
	@$(GEN) generate --publish

docs: $(READY)  ## the pages that are made from tables
	@$(BIN)/python -m generator.checks.page > $(VENV)/checks.md
	@mv $(VENV)/checks.md docs/checks.md

bench: $(READY)  ## times, memory and files of the corpus run
	@$(BIN)/python -m tests.bench $(SIZES)

integration: $(READY)  ## Google's own BigQuery; skipped unless LOOKML_GEN_TEST_PROJECT names who pays
	@$(BIN)/pytest -rs tests/test_integration.py

clean:
	rm -rf $(VENV) output build dist

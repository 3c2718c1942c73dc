PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test check fix lock rehearse soak bench

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## set up everything (again: a second)
	@$(PYTHON) tools/setup.py

demo: setup ## the product on this machine: console, worker and simulated phones
	@exec $(BIN)/outreach demo

demo-reset: setup ## the same, starting over with fresh data
	@exec $(BIN)/outreach demo --reset

test: setup check ## all checks and all tests
	@$(BIN)/python -m pytest

check: setup ## format, lint, types, floors
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo >build/lint-imports.log 2>&1 || { cat build/lint-imports.log; exit 1; }

fix: setup ## put the format right and mend what can be mended
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

lock: setup ## choose newer packages: rewrites requirements.lock
	@.tools/bin/uv pip compile --universal --generate-hashes --extra dev --python-version 3.11 --no-header --no-annotate --quiet --upgrade pyproject.toml -o requirements.lock

rehearse: setup ## two years of 500 families on a virtual clock (ten minutes)
	@$(BIN)/outreach rehearse --families 500 --years 2 --seed 7

soak: setup ## 20,000 texts through the real server, killed in the middle, on both databases (half an hour)
	@PYTHONPATH=. $(BIN)/python tools/soak.py --database sqlite
	@PYTHONPATH=. $(BIN)/python tools/soak.py --database postgres

bench: setup ## every benchmark, one after the other
	@for each in benchmarks/*.py; do echo "== $$each"; PYTHONPATH=. $(BIN)/python $$each || failed=1; done; test -z "$$failed"

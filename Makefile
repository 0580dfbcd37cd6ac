# Needs nothing but make and Python 3.11 or newer; everything else goes into .venv. `make help` lists the targets.
#   PYTHON=python3.12   the Python to build .venv with      CHROMIUM=/path   the browser of the page tests
#   ARGS="…"            more arguments, as in  make run ARGS=--share  or  make test ARGS="-k ids"
export PYTHON CHROMIUM
ARGS ?=
BIN := .venv/bin

.PHONY: help run test bench profile check formatting lint types imports packages format docs screenshots lock clean
.NOTPARALLEL:

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run:  ## serve the page on http://127.0.0.1:7860 (the first time: install its packages)
	@sh scripts/setup.sh run
	@exec $(BIN)/python app.py $(ARGS)

test: packages  ## run all tests, those that drive a browser too
	@CHROMIUM=$$(sh scripts/find-browser.sh) && export CHROMIUM && exec $(BIN)/python -m pytest $(ARGS)

bench: packages  ## measure how fast it is, against what it costs to do without it (two minutes)
	@$(BIN)/python -m benchmarks

profile: packages  ## show where the time goes
	@$(BIN)/python -m benchmarks.profiles

check: formatting lint types imports  ## formatting, lint, types and the direction of imports

formatting lint types imports: packages

formatting:
	$(BIN)/python -m ruff format --check .

lint:
	$(BIN)/python -m ruff check .

types:
	$(BIN)/python -m mypy

imports:
	$(BIN)/python $(BIN)/lint-imports --no-logo

packages:
	@sh scripts/setup.sh dev

format: packages  ## put the code into its standard form
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix-only .

docs: packages  ## write docs/errors.md, and the table of docs/performance.md, from what they tell of
	@$(BIN)/python -m scripts.write_errors
	@$(BIN)/python -m benchmarks.report

screenshots: packages  ## take the pictures of docs/screenshots (needs a font that has Chinese)
	@CHROMIUM=$$(sh scripts/find-browser.sh) && export CHROMIUM && exec $(BIN)/python scripts/screenshots.py

lock:  ## write the requirements files anew from pyproject.toml (ARGS=--upgrade: with newer versions)
	@sh scripts/lock.sh $(ARGS)

clean:  ## remove .venv and all caches
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .gradio
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

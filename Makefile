# Requires make and Python 3.11 or newer; everything else is installed into .venv. `make help` lists the targets.
#   PYTHON=python3.12   Python interpreter for .venv      CHROMIUM=/path   browser of the page tests
#   ARGS="…"            extra arguments, as in  make run ARGS=--share  or  make test ARGS="-k ids"
export PYTHON CHROMIUM POSTGRES NGINX
ARGS ?=
BIN := .venv/bin

.PHONY: help run batch test chaos bench profile check formatting lint types imports scripts packages format docs recording screenshots lock clean
.NOTPARALLEL:

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run:  ## serve the page on http://127.0.0.1:7860 (installs its packages first)
	@sh scripts/setup.sh run
	@exec $(BIN)/python app.py $(ARGS)

batch:  ## make the films of a table, as in  make batch ARGS="clips.xlsx -o films" (installs its packages first)
	@sh scripts/setup.sh run
	@exec $(BIN)/jimeng batch submit $(ARGS)

test: packages  ## run all tests, including those in a browser, and measure branch coverage
	@CHROMIUM=$$(sh scripts/find-browser.sh) && POSTGRES=$$(sh scripts/find-postgres.sh) && NGINX=$$(sh scripts/find-nginx.sh) && \
		export CHROMIUM POSTGRES NGINX && exec $(BIN)/python -m pytest $(or $(ARGS),--cov)

chaos: packages  ## kill workers, database and upstream under 300 rows, with four seeds (some minutes)
	@POSTGRES=$$(sh scripts/find-postgres.sh) && export POSTGRES && \
		CHAOS_SEEDS=1,2,3,4 exec $(BIN)/python -m pytest -n 0 --timeout 600 tests/batch/test_chaos.py $(ARGS)

bench: packages  ## run the benchmarks (six minutes on an idle machine) and write their results
	@CHROMIUM=$$(sh scripts/find-browser.sh) && POSTGRES=$$(sh scripts/find-postgres.sh) && export CHROMIUM POSTGRES && \
		$(BIN)/python -m benchmarks && exec $(BIN)/python -m benchmarks.batch

load: packages  ## put the app under load and under attack (four minutes), and write the results
	@$(BIN)/python -m benchmarks.load $(ARGS)

profile: packages  ## profile look-ups and submissions
	@$(BIN)/python -m benchmarks.profiles

check: formatting lint types imports scripts  ## check formatting, lint, types and import directions

formatting lint types imports: packages

formatting:
	$(BIN)/python -m ruff format --check .

lint:
	$(BIN)/python -m ruff check .

types:
	$(BIN)/python -m mypy

imports:
	$(BIN)/python $(BIN)/lint-imports --no-logo

scripts:
	sh scripts/check-scripts.sh

packages:
	@sh scripts/setup.sh dev

format: packages  ## format the code and apply safe lint fixes
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix-only .

docs: packages  ## regenerate docs/errors.md and the tables of docs/performance.md and docs/scale.md
	@$(BIN)/python -m scripts.write_errors
	@$(BIN)/python -m benchmarks.report

recording: packages  ## record the main path of the page for the READMEs (needs a Chinese font)
	@CHROMIUM=$$(sh scripts/find-browser.sh) && export CHROMIUM && exec $(BIN)/python -m scripts.recording

screenshots: packages  ## take the pictures of docs/screenshots (needs a Chinese font)
	@CHROMIUM=$$(sh scripts/find-browser.sh) && export CHROMIUM && exec $(BIN)/python scripts/screenshots.py

lock:  ## rewrite the requirements files from pyproject.toml (ARGS=--upgrade for newer versions)
	@sh scripts/lock.sh $(ARGS)

clean:  ## remove .venv and all caches
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .gradio
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

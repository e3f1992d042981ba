# Everything a newcomer needs: `make demo`, `make test`, `make up`. Needs only Python 3.11 or 3.12.
PYTHON ?= $(shell for p in python3.12 python3.11 python3 python; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# In the order of musicapp_pipeline_tests/conftest.py: the longest modules first.
TESTS := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# Byte code is compiled afterwards, on all cores; what does not compile is for another Python.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile
COMPILE := $(BIN)/python -m compileall -q -j 0 $(VENV)/lib musicapp_pipeline > /dev/null 2>&1 || true

.PHONY: demo up test test-full test-nightly lint bench lock clean setup dev

demo: setup
	@$(BIN)/musicapp demo

up: setup
	@$(BIN)/musicapp up

setup: $(STAMP)
dev: $(DEV_STAMP)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed (python3.13 lacks the face-landmark wheel)" >&2; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON) (once, about two minutes) ..." >&2
	@$(PYTHON) -m venv $(VENV)

# One retry: a registry that hiccups once should not fail a first run.
$(STAMP): requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(INSTALL) --require-hashes --no-deps -r requirements.lock >&2 || $(INSTALL) --require-hashes --no-deps -r requirements.lock >&2
	@$(INSTALL) --no-deps --no-build-isolation -e . >&2
	@$(COMPILE)
	@touch $@

# The development lock holds the other one whole, so one installation does for both.
$(DEV_STAMP): .ci/dev.lock requirements.lock pyproject.toml | $(VENV)/bin/python
	@$(INSTALL) --require-hashes --no-deps -r .ci/dev.lock >&2 || $(INSTALL) --require-hashes --no-deps -r .ci/dev.lock >&2
	@$(INSTALL) --no-deps --no-build-isolation -e . >&2
	@$(COMPILE)
	@touch $(STAMP) $@

test: dev
	@$(TESTS) -m "not full and not nightly"

test-full: dev
	@$(TESTS) -m "not nightly" --durations 15

test-nightly: dev
	@$(TESTS) -m nightly

lint: dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: dev
	@$(BIN)/python -m musicapp_pipeline_tests.benches

lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate --extra faces --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate --extra faces --extra build --extra dev -c requirements.lock pyproject.toml -o .ci/dev.lock

clean:
	rm -rf $(VENV) .musicapp

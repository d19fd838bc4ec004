# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
REQUIREMENTS := deploy/requirements/runtime.txt deploy/requirements/dev.txt

logged = log=$$(mktemp); $(BIN)/python -m pytest -q --no-header $(1) >$$log 2>&1; ended=$$?; cat $$log; rm -f $$log; exit $$ended
TIDY := tests/unit/test_tidy.py
# Images often set it, and then each command that a test starts compiles all that it reads of Candour anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo desk test test-browser test-checked test-kafka test-played test-shown test-unit check lint bench faults assets pins install

demo: install
	@$(BIN)/candour demo

desk: install
	@test -f .candour/demo/.candour-demo || $(BIN)/candour demo
	@$(BIN)/candour demo --desk

# Three parts beside each other, on two cores: what needs Kafka waits much, and says what it does as it goes; what is played over
# whole cases, and then the browser; and after `lint` everything else. Their logs come at their end. Four parts were slower.
test: install
	@$(MAKE) --no-print-directory -j3 test-kafka test-shown test-checked

test-shown:
	@$(MAKE) --no-print-directory test-played; ended=$$?; $(MAKE) --no-print-directory test-browser && exit $$ended

test-checked: lint
	@$(MAKE) --no-print-directory test-unit

test-kafka:
	@$(BIN)/python -m pytest -m "not campaign" tests/apart tests/faults tests/integration

test-played:
	@$(call logged,tests/matrix tests/property tests/replay)

test-browser:
	@$(call logged,tests/browser)

test-unit:
	@$(call logged,-m "not campaign" $(TIDY) tests/unit)

check: lint
	@$(BIN)/python -m pytest -q --no-header $(TIDY)

lint: install
	@$(BIN)/ruff format --check --quiet . || { echo "Run: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary contracts broker consumers producers deploy tests
	@$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports --no-logo

bench: install
	@$(BIN)/python -m tests.bench

faults: install
	@$(BIN)/python -m pytest -m campaign tests/faults tests/unit/test_flips.py
	@LAWS=whole $(BIN)/python -m pytest tests/property

assets: install
	@$(BIN)/python -m deploy.assets

pins: install
	@cd deploy/requirements && for name in runtime dev; do \
	  ../../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --output-file $$name.txt $$name.in; done

install: .venv/stamp

.venv/stamp: $(REQUIREMENTS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Candour needs Python 3.11 or newer. Install it, or: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
	  { echo "Python's venv module is missing. Install it (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Installing the pinned requirements (once; about a minute)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement deploy/requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	-@$(BIN)/python -m compileall -qq -j 0 .venv/lib # pip does so on one core
	@touch $@

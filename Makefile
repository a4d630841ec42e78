# The two commands: `make demo` and `make test`. Both set everything up themselves; Python 3.11+ is all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install demo test check bench build sbom format clean
.DEFAULT_GOAL := help

help:  ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bsg-monitor needs Python 3.11 or newer, found " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

install: $(STAMP)  ## make .venv with pinned versions

demo: $(STAMP)  ## simulator, monitor and a printing receiver, no account needed
	$(BIN)/bsg-monitor demo $(ARGS)

test: $(STAMP)  ## everything: lint, types, layers, all tests with coverage
	$(MAKE) lint
	$(BIN)/pytest -q -n auto --dist worksteal --cov --cov-report=term $(ARGS)

check: $(STAMP)  ## the fast part: lint, types, layers, quick tests
	$(MAKE) lint
	$(BIN)/pytest -q -n auto --dist worksteal -m 'not slow' --hypothesis-profile=quick $(ARGS)

.PHONY: docs
docs: $(STAMP)  ## regenerate what is made from the program: tables of the documentation, rules.schema.json
	$(BIN)/python -m tests.generated

.PHONY: lint
lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(STAMP)  ## benchmarks, as ratios measured in one run
	$(BIN)/python -m benchmarks $(ARGS)

build: $(STAMP)  ## the wheel and the source archive, in dist/
	$(BIN)/python -m build --no-isolation

# Of what runs: the monitor with all its extras and what they bring along. Pinned versions, so the same list each time.
sbom:  ## dist/bsg-monitor.cdx.json: what an installation consists of, with licences (CycloneDX)
	rm -rf .build/sbom .build/sbom-tool
	$(PYTHON) -m venv --without-pip .build/sbom
	$(PYTHON) -m venv .build/sbom-tool
	.build/sbom-tool/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt cyclonedx-bom
	.build/sbom-tool/bin/python -m pip --python .build/sbom/bin/python install --quiet --disable-pip-version-check \
	    --constraint constraints.txt '.[apprise,postgres,uvloop]'
	mkdir -p dist
	.build/sbom-tool/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	    --output-file dist/bsg-monitor.cdx.json .build/sbom/bin/python

format: $(STAMP)  ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove what was made
	rm -rf $(VENV) dist build .build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

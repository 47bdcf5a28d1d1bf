# The commands of the house. They need python3 (3.11 or newer, with venv) and make; everything else they fetch, by hash, into .venv.
.DEFAULT_GOAL := help
.PHONY: help run test lint check bench lock translations catalogues migration clean chromium

PYTHON ?= python3
PORT ?= 8000
ARGS ?=
PY := .venv/bin/python
CLI := .venv/bin/s3chem-events
UV := $(shell command -v uv 2>/dev/null)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard s3chem_events/translations/*/LC_MESSAGES/*.po))
# Extras stay in the lock: the pip of Debian 12 forgets the pin of a package that another asks for with an extra, and
# then refuses a newer release of it for want of a hash.
COMPILE_LOCK = $(or $(UV),$(error make lock needs uv: python3 -m pip install uv)) pip compile --quiet --universal --generate-hashes --no-strip-extras \
	--python-version 3.11 --custom-compile-command "make lock" $(ARGS)

# uv where it is at hand, else the pip that comes with venv; both hold every file against its hash.
ifeq ($(UV),)
INSTALL = $(PY) -m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r
else
INSTALL = UV_COMPILE_BYTECODE=1 $(UV) pip install --quiet --python $(PY) --require-hashes -r
endif

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.stamp translations  ## the whole site with sample content on http://127.0.0.1:8000 (PORT=...)
	@PORT=$(PORT) exec $(CLI) serve --ready

test: .venv/test.stamp translations chromium  ## every test, on SQLite and on a real PostgreSQL, in a real Chromium (ARGS="-k word")
	@S3CHEM_TEST_DATABASE=both $(PY) -m pytest -q -n 2 --dist worksteal --cov --cov-report=term $(ARGS)

lint: .venv/test.stamp translations  ## style, types, import contracts, templates, catalogues
	@echo "ruff check" && $(PY) -m ruff check --quiet .
	@echo "ruff format" && $(PY) -m ruff format --quiet --check .
	@echo "mypy" && $(PY) -m mypy
	@echo "import-linter" && .venv/bin/lint-imports --no-logo
	@if [ -d templates ]; then echo "djlint" && $(PY) -m djlint --quiet --lint templates; fi
	@echo "catalogues" && $(PY) -m tests.support.catalogues --check

check: lint test  ## make lint and make test

bench: .venv/test.stamp translations  ## the figures of this machine, beside their limits
	@$(PY) -m tests.bench $(ARGS)

lock:  ## fix the versions and hashes of all dependencies anew (ARGS=--upgrade for newer ones)
	@$(COMPILE_LOCK) pyproject.toml -o requirements.lock
	@$(COMPILE_LOCK) pyproject.toml --group test --group lint --constraint requirements.lock -o requirements-test.lock

migration: .venv/run.stamp  ## a new migration from the changed models (m="Say what changes")
	@S3CHEM_INSTANCE=$$(mktemp -d) && export S3CHEM_INSTANCE && $(CLI) setup && \
	$(PY) -m flask --app app db migrate --directory s3chem_events/migrations -m "$(m)"; rm -rf "$$S3CHEM_INSTANCE"

catalogues: .venv/test.stamp  ## gather new words of the interface into the catalogues
	@$(PY) -m tests.support.catalogues

translations: $(CATALOGUES)  ## compile the catalogues that changed

clean:  ## remove .venv and what builds and tests left; never the instance folder
	@rm -rf .venv build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache $(CATALOGUES)

%.mo: %.po | .venv/run.stamp
	@.venv/bin/pybabel --quiet compile -i $< -o $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv is needed; on Debian: apt install python3-venv" >&2; exit 1; }

.venv/run.stamp: requirements.lock | .venv/bin/pip
	@echo "Installing what the site needs into .venv"
	@$(INSTALL) requirements.lock
	@printf '#!%s\nfrom s3chem_events.cli import main\n\nmain()\n' '$(CURDIR)/$(PY)' > $(CLI) && chmod +x $(CLI)
	@$(PY) -c 'import sysconfig; print("$(CURDIR)", file=open(sysconfig.get_path("purelib") + "/s3chem_events.pth", "w"))'
	@touch $@

.venv/test.stamp: requirements-test.lock | .venv/run.stamp
	@echo "Installing what the tests need into .venv"
	@$(INSTALL) requirements-test.lock
	@touch $@

# A real Chromium for the browser tests; where it cannot be had they say so at the end of the run.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && grep -qs '^ID=debian' /etc/os-release && echo "Installing Chromium for the browser tests" && \
	export DEBIAN_FRONTEND=noninteractive && apt-get -qq update && \
	apt-get -qq install --no-install-recommends chromium >/dev/null 2>&1; } || echo "No Chromium here: the browser tests will be skipped" >&2

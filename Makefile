# Every target works from a fresh clone: it sets up .venv first when it is missing or out of date.
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

help: ## what can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## a .venv in the checkout with everything pinned

$(STAMP): requirements.txt requirements-dev.txt requirements-servicebus.txt requirements-uv.txt .python-version scripts/setup
	@scripts/setup

demo: $(STAMP) ## a signed ticket webhook to verified outcomes, all on this machine (ARGS="--story NAME" for others)
	@calls=$$(mktemp) && trap 'rm -f "$$calls"' EXIT && \
	SIMULATOR_CALLS_FILE="$$calls" $(PY) -m localhost demo $(ARGS) && $(PY) -m tests.graph_calls.check "$$calls"

serve: $(STAMP) ## the same system, left running, with the URLs to click through (ARGS="--port 7072")
	@$(PY) -m localhost serve $(ARGS)

test: $(STAMP) ## all tests, with coverage against its floor
	@scripts/chromium
	@$(PY) -m pytest -n $$($(PY) -c 'import os; print((os.cpu_count() or 1) + 2)') --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered

lint: $(STAMP) ## ruff and mypy
	@$(VENV)/bin/ruff format --check . && $(VENV)/bin/ruff check . && $(VENV)/bin/mypy && $(VENV)/bin/mypy --python-version 3.11 client/mfa_reset_client

format: $(STAMP) ## let ruff put the layout right
	@$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .

bench: $(STAMP) ## the service next to a plain script and to the floor, on the simulator
	@$(PY) -m bench.compare $(ARGS)

lint-api: $(STAMP) ## Spectral and Redocly on the descriptions of the API (needs Node.js)
	@scripts/lint-api

lint-api-if-possible: $(STAMP)
	@scripts/lint-api --if-possible

lint-prose: $(STAMP) ## textlint on the docs and on the texts of pages, mails and command line (needs Node.js)
	@scripts/lint-prose

lint-prose-if-possible: $(STAMP)
	@scripts/lint-prose --if-possible

cluster: $(STAMP) ## several hosts on one task hub of the real Azure Storage provider (ARGS="--hosts 3", ARGS="--kill")
	@$(PY) -m bench.cluster $(ARGS)

docs: $(STAMP) ## the documentation's site in build/site; warnings fail
	@scripts/build-docs

links: $(STAMP) ## ask for every page of other sites that the docs link to (needs the internet)
	@$(PY) -m scripts.check_links

check: lint docs lint-prose-if-possible lint-api-if-possible audit-if-reachable test ## what CI runs

check-policy: $(STAMP) ## check a policy file: make check-policy FILE=policy.toml
	@scripts/check-policy $(FILE)

package: $(STAMP) ## dist/mfa-reset.zip for Azure, with its SBOM: make package POLICY=policy.toml
	@scripts/package $(POLICY)

attacks: $(STAMP) ## attack a served app over HTTP, and print what became of each attack
	@$(PY) -m tests.security.attacks

fuzz: $(STAMP) ## fuzz every parser with atheris: make fuzz SECONDS=600, for each target
	@$(PY) -m tests.security.fuzz --seconds $(or $(SECONDS),60)

audit-if-reachable: $(STAMP)
	@scripts/audit --if-reachable

audit: $(STAMP) ## known vulnerabilities of what is deployed (asks a service on the internet)
	@scripts/audit

lock: ## resolve pyproject.toml into uv.lock and requirements*.txt (ARGS="--upgrade"), with hashes
	@scripts/lock $(ARGS)

.PHONY: bench cluster docs help links setup demo serve test lint format check check-policy package audit audit-if-reachable lint-api lint-api-if-possible lint-prose lint-prose-if-possible lock attacks fuzz

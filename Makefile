# Two commands do all the set-up: `make demo` and `make test`.
# EROS_* variables of your shell (see docs/SETTINGS.md) reach every target.
PYTHON ?= python3
PORT ?= 3000
VENV := .venv
RUN := $(VENV)/bin/python

export EROS_HOME ?= $(CURDIR)/.eros
export DAGSTER_HOME ?= $(CURDIR)
export EROS_DAGSTER_STORAGE ?= $(EROS_HOME)/dagster
export PYTHONUTF8 := 1
# Without kept bytecode each of EROS's processes compiles its modules again: .4 s of CPU.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo smoke health week preflight deploy backup rollback status acceptance dev test lint sql bench \
	pictures format clean

help: ## What there is.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

demo: $(VENV)/run ## Plan next week for the sample agency, or for EROS_IMPORT_DIR; exports in out/.
	@$(RUN) -m eros_assets demo $(if $(ACCEPT),--accept)

smoke: $(VENV)/run ## The five smoke tests of the gate, on the data that is there.
	@$(RUN) -m eros_assets smoke

health: $(VENV)/run ## How the system is doing, from 0 to 100, and what to do.
	@$(RUN) -m eros_assets health

week: $(VENV)/run ## Plan the coming week; PAGE=<page> narrows it, FORCE=yes plans a begun one, REPLACE=7 one message.
	@$(RUN) -m eros_assets week $(if $(PAGE),--page $(PAGE)) $(if $(FORCE),--force) $(if $(REPLACE),--replace $(REPLACE)) $(if $(ACCEPT),--accept)

.PHONY: explain report
explain: $(VENV)/run ## Why a message is there: PAGE=<page> MESSAGE=<number>; without MESSAGE, the page's week.
	@$(RUN) -m eros_assets explain $(PAGE) $(MESSAGE)

report: $(VENV)/run ## What the last week earned against its plan, or that of WEEK=<date>; SEND=yes sends the digest.
	@$(RUN) -m eros_assets report $(WEEK) $(if $(SEND),--send)

preflight: $(VENV)/run ## What a deployment needs, one line each; changes nothing.
	@$(RUN) -m eros_assets preflight

deploy: $(VENV)/run ## Back up, deploy, run the gate; put back what was when it fails.
	@$(RUN) -m eros_assets deploy

backup: $(VENV)/run ## Keep the present as a state to go back to.
	@$(RUN) -m eros_assets backup

rollback: $(VENV)/run ## Go back to the last good deployment, or to DEPLOYMENT=<id>.
	@$(RUN) -m eros_assets rollback $(DEPLOYMENT)

status: $(VENV)/run ## What is in force, and where one can go back to.
	@$(RUN) -m eros_assets status

acceptance: $(VENV)/run ## What each phase must show: PASS, FAIL or NOT YET KNOWN, with evidence.
	@$(RUN) -m eros_assets acceptance

dev: $(VENV)/run ## The Dagster UI on http://localhost:3000, or on another PORT.
	@$(RUN) -m eros_assets dev --port $(PORT)

.PHONY: simulate
simulate: $(VENV)/run ## Play policies forward against the hidden truth; ARGS="--weeks 8 --seeds 2 --fast".
	@$(RUN) -m eros_assets simulate $(ARGS)

test: $(VENV)/dev ## Every test.
	@$(RUN) -m pytest

.PHONY: test-bigquery
test-bigquery: $(VENV)/dev ## Every statement and a week against BigQuery, in a scratch dataset of EROS_PROJECT_ID.
	@$(RUN) -m tests.real_project

lint: $(VENV)/dev ## Format, lint, strict types, and Google's analyser over sql/.
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(RUN) -m tests.googlesql & analyser=$$!; \
	$(VENV)/bin/basedpyright; types=$$?; \
	wait $$analyser && exit $$types

sql: $(VENV)/dev ## Google's analyser over sql/ alone.
	@$(RUN) -m tests.googlesql

bench: $(VENV)/dev ## Measure what the documents claim.
	@$(RUN) -m benchmarks

pictures: $(VENV)/run ## Draw the pictures of the README again, from the code.
	@$(RUN) -m docs.pictures

format: $(VENV)/dev ## Format and mend what can be mended by itself.
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

clean: ## Remove the environment, the embedded warehouse, the exports and what tests keep.
	rm -rf $(VENV) .eros .eros-tests out .pytest_cache .ruff_cache .hypothesis

# A stamp beside the environment says what was installed into it, and from which list.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "EROS needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 demo")'
	@$(PYTHON) -m venv $(VENV)

# pip's own word counts, not that of the filter behind it: no stamp is made when it failed.
INSTALL = @rm -f $@.done; \
	($(RUN) -m pip install --disable-pip-version-check --progress-bar on --require-hashes --no-deps -r $< && touch $@.done) \
	| { grep -vE '^Requirement already' || true; }; \
	mv $@.done $@ 2>/dev/null || { echo "The packages of $< could not be installed; pip says above why."; exit 1; }

$(VENV)/run: requirements.txt | $(VENV)/bin/pip
	@echo "Installing the pinned packages into $(VENV), once; about a minute."
	$(INSTALL)

$(VENV)/dev: requirements-dev.txt $(VENV)/run
	@echo "Installing what the tests need into $(VENV), once."
	$(INSTALL)

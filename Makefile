# Everything starts from Python 3.11 or newer and make. `make` lists the targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PEERS  := .venv-peers
SPARK  := .venv-spark
POLICIES := .venv-policies
STAGE  ?= dev
USECASE ?= fraud
SCENARIO ?= $(if $(filter fraud,$(USECASE)),concept,usual)
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test nightly test-loop test-stories test-usecases test-spark run-test-spark test-container test-trust lint-policies audit sbom check synth bench lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with every dependency (hashes required) and the headrace command

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Headrace needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## thieves change their ways, the loop reacts by itself; report in out/demo/index.html (SCENARIO=usual: two days)
	$(BIN)/python -m cli demo --usecase $(USECASE) --scenario $(SCENARIO) $(ARGS)

test: $(STAMP) ## run the tests, the local loop included (under 10 minutes)
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

nightly: $(STAMP) ## 10,000 random use cases and histories, and the handbook's through the loop (under 40 minutes)
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest tests/equality tests/unit/lambdas/test_api_fuzz.py $(ARGS)
	$(MAKE) --no-print-directory test-loop

test-loop: $(STAMP) ## the longer tests of the deployed loop: features added live, monitors, reaction, load, the handbook through the stream
	$(BIN)/python -m pytest tests/local/loop -m nightly -rs $(ARGS)

test-stories: $(STAMP) ## the demo's scenarios: thieves change, nothing, seasons, broken data, a sale; a recession (about 40 minutes)
	$(BIN)/python -m pytest tests/local/loop -m stories -rs $(ARGS)

test-trust: $(STAMP) ## fail every AWS call and task, take every right away, fuzz every entry point (SHORT=1: each call in one way)
	HEADRACE_TRUST=$(if $(SHORT),short,full) $(BIN)/python -m pytest tests/faults tests/infrastructure/test_chain_trust.py -m trust --show-capture=no $(ARGS)

audit: $(STAMP) ## ask the advisory database about every pinned dependency; says how many it could ask about
	$(BIN)/python -m nox --session audit

sbom: $(STAMP) ## write what functions and jobs carry into build/sbom, as CycloneDX (needs the network)
	mkdir -p build/sbom
	for group in lambdas lambda-jobs lambda-files container dev; do \
	  $(BIN)/python -m uv tool run --from "cyclonedx-bom==7.*" cyclonedx-py requirements requirements/$$group.txt \
	    --of JSON -o build/sbom/$$group.json || exit 1; \
	done

check: $(STAMP) ## what CI runs besides tests: ruff, mypy strict, import-linter, cdk-nag and cfn-lint on every stage
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	for stage in dev staging prod local; do \
	  $(BIN)/python app.py --context stage=$$stage --context usecase=$(USECASE) --output build/check/$$stage || exit 1; \
	  $(BIN)/cfn-lint build/check/$$stage/*.template.json || exit 1; \
	done

synth: $(STAMP) ## synthesize the templates into cdk.out (STAGE=dev|staging|prod|local USECASE=fraud)
	$(BIN)/python app.py --context stage=$(STAGE) --context usecase=$(USECASE)

# Spark has an environment of its own, as it has on Glue.
$(SPARK)/.installed: requirements/spark.txt
	$(PYTHON) -m venv $(SPARK)
	$(BIN)/python -m uv pip install --quiet --python $(SPARK)/bin/python --require-hashes -r requirements/spark.txt
	@touch $@

test-usecases: $(STAMP) ## every use case: all stages under nag and the linter, then its loop closed by the demo
	$(BIN)/python -m pytest tests/infrastructure/test_every_use_case.py tests/infrastructure/test_monitored_groups.py tests/local/usecases -m usecases -rs $(ARGS)

test-spark: $(STAMP) ## prove that Spark gives what one machine gives (needs Java 17, which Glue 5 runs on)
	@if java -version 2>&1 | grep -q 'version "17'; then $(MAKE) --no-print-directory run-test-spark; \
	else echo "NOT PROVED: that the Glue job on Spark gives the training set of one machine. Install Java 17 and run make test-spark again."; fi

run-test-spark: $(SPARK)/.installed
	PYTHONPATH=. PYSPARK_PYTHON=$(SPARK)/bin/python $(SPARK)/bin/python -m pytest --confcutdir=tests/spark tests/spark $(ARGS)

test-container: $(STAMP) ## run the jobs in the environment of SageMaker's XGBoost image (needs Python 3.12: HEADRACE_PYTHON312)
	$(BIN)/python -m nox --session container -- $(ARGS)

$(POLICIES)/.installed: requirements/policies.txt
	$(PYTHON) -m venv $(POLICIES)
	$(BIN)/python -m uv pip install --quiet --python $(POLICIES)/bin/python --require-hashes -r requirements/policies.txt
	@touch $@

lint-policies: $(STAMP) $(POLICIES)/.installed ## parliament, cloudsplaining and checkov on production: clean or reasoned
	$(BIN)/python app.py --context stage=prod --context usecase=$(USECASE) --output build/policies
	HEADRACE_TEMPLATES=build/policies $(POLICIES)/bin/python -m pytest -W ignore --confcutdir=tests/policies tests/policies $(ARGS)

bench: $(STAMP) $(PEERS)/.installed ## measure against named alternatives; writes out/bench/summary.json
	$(BIN)/python -m bench $(ARGS)

# The alternatives that bench measures against have an environment of their own: they would change ours.
$(PEERS)/.installed: requirements/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(BIN)/python -m uv pip install --quiet --python $(PEERS)/bin/python --require-hashes -r requirements/peers.txt
	@touch $@

lock: $(STAMP) ## compile requirements/*.txt from pyproject.toml
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group dev -o requirements/dev.txt
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group lambdas -c requirements/dev.txt -o requirements/lambdas.txt
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group lambda-jobs -c requirements/dev.txt -o requirements/lambda-jobs.txt
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group lambda-files -c requirements/dev.txt -o requirements/lambda-files.txt
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group peers -o requirements/peers.txt
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group spark -o requirements/spark.txt
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group policies -o requirements/policies.txt
	$(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.12 --group container -o requirements/container.txt
	echo uv | $(BIN)/python -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 -c requirements/dev.txt - -o requirements/uv.txt

clean: ## remove everything that was built
	rm -rf $(VENV) $(PEERS) $(SPARK) $(POLICIES) .nox cdk.out build out .mypy_cache .ruff_cache .pytest_cache .hypothesis

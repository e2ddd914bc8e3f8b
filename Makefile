# Anju's commands. They assume make and a Python with venv; everything else comes from the Python registry.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null \
	&& { command -v $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install
LOCKED := $(PIP) --require-hashes --no-deps
CONFIG ?= config
PORT ?= 8080
KILLS ?= 50
DISK_ROUNDS ?= 6
BYTES ?= 10000000
WORKERS ?= 3
# A file stays with one worker, so that what a module prepares once is not prepared twice; the longest come first.
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
CONSOLE := $(shell find gateway/console -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help setup tools demo run test test-shuffled test-asyncio crash fuzz lint docs bench wheel lock clean
help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

# --- one virtual environment; each step is done again only when what it was made from has changed

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Anju needs Python 3.11 to 3.14 with venv (Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/locked: requirements.lock | .venv/pyvenv.cfg
	$(LOCKED) -r requirements.lock
	@touch $@

.venv/installed: .venv/locked pyproject.toml $(wildcard hatch_build.py) $(CONSOLE)
	$(PIP) --no-deps --editable .
	@touch $@

.venv/tools: tests/requirements.lock .venv/locked
	$(LOCKED) -r tests/requirements.lock
	@touch $@

setup: .venv/installed  ## .venv/bin/anju and all it needs, the console built
tools: .venv/tools      ## what the tests and linters need

# --- what people run

demo: setup      ## a whole compound on this machine: http://127.0.0.1:8080; make demo PORT=8081 where that is taken
	$(BIN)/anju demo --port $(PORT)

run: setup       ## the gateway of a real compound: make run CONFIG=/etc/anju
	$(BIN)/anju run $(CONFIG)

test: setup tools  ## every test; those whose system part is missing say which package brings it
	$(BIN)/python hatch_build.py test
	$(BIN)/python -m pytest $(PARALLEL)

test-shuffled: setup tools  ## the same in random order, file by file and within: no test may depend on another
	$(BIN)/python -m pytest $(PARALLEL) --random-order --random-order-bucket=module

# asyncio differs between Pythons: after a failed child in a TaskGroup cancelling() is 1 on 3.11 and 3.12, 0 on 3.13
ASYNCIO := tests/test_tasks.py tests/flow tests/links/test_listen.py tests/links/mqtt tests/protocols/sip \
	tests/drivers/test_modbus_io.py tests/drivers/test_dc09_receiver.py tests/drivers/test_mqtt_device.py tests/vision/test_pool.py

test-asyncio:    ## what hangs on asyncio, on another Python: make test-asyncio PYTHON=python3.13
	$(PYTHON) -m venv --clear .venv-asyncio
	.venv-asyncio/bin/pip --disable-pip-version-check install --quiet --require-hashes --no-deps -r requirements.lock
	.venv-asyncio/bin/pip --disable-pip-version-check install --quiet --require-hashes --no-deps -r tests/requirements.lock
	.venv-asyncio/bin/python -m pytest -o cache_dir=.venv-asyncio/cache $(ASYNCIO)

crash: setup tools  ## the gateway killed 50 times and its disk broken under load: nothing acknowledged is lost, doubled or hidden
	$(BIN)/python -m tests.crash --kills $(KILLS) --disk-rounds $(DISK_ROUNDS)

fuzz: setup tools  ## every decoder under ten million bytes of nearly right input: make fuzz DECODERS='dc09 mqtt5'
	$(BIN)/python -m tests.fuzz $(DECODERS) --bytes $(BYTES)

lint: setup tools  ## ruff and mypy, strict; the console's own linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python hatch_build.py lint

docs: setup tools  ## the pages of docs/ that are made from the code, anew
	$(BIN)/python -m tests.docs

bench: setup tools  ## figures and ratios; judges nothing
	$(BIN)/python -m tests.bench

wheel: setup     ## dist/*.whl with the console inside; installing it needs no Node
	$(BIN)/pip wheel --no-deps --wheel-dir dist .

# --- for maintainers

COMPILE := pip compile --quiet --universal --fork-strategy fewest --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make lock' --no-emit-package dlib --no-emit-package opencv-python-headless

lock: .venv/pyvenv.cfg  ## both locks anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(BIN)/python -c 'import uv' 2>/dev/null || $(PIP) uv
	$(BIN)/python -m uv $(COMPILE) $(UPGRADE) --all-extras pyproject.toml -o requirements.lock
	$(BIN)/python -m uv $(COMPILE) $(UPGRADE) --group pyproject.toml:dev -c requirements.lock -o tests/requirements.lock

clean:           ## everything that can be made again
	rm -rf .venv .venv-asyncio dist gateway/console/dist gateway/console/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

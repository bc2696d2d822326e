# Everything a newcomer types. The virtual environment lives in .venv, what is downloaded or built in .cache.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install demo practice serve check lock locked wheels audit test test-long bench bench-commons clean

help:
	@echo "make demo        find duplicates on a practice wiki of your own, from nothing"
	@echo "make practice    keep that wiki running, to browse"
	@echo "make serve       the web service on that wiki's files"
	@echo "make test        set up and run every test"
	@echo "make test-long   the same with full counts"
	@echo "make check       format, lint, types, structure"
	@echo "make bench       time this program beside its peers"
	@echo "make bench-commons   join as many hashes as Wikimedia Commons has files"
	@echo "make lock        renew the hashed lock files"
	@echo "make locked      check that they fit pyproject.toml"
	@echo "make wheels      download what runs, to install it without a network"
	@echo "make audit       look for known holes in what is locked"
	@echo "make clean       remove .venv and .cache"

install: $(STAMP)

$(STAMP): requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@touch $@

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_shape.py tests/test_floors.py tests/test_secrets_scan.py tests/test_supply_chain.py

# What each lock file is made from; the later ones may not choose other versions than the tests run with.
LOCKS := requirements requirements-dev requirements-bench requirements-spark requirements-audit
FROM_requirements := pyproject.toml
FROM_requirements-dev := --extra plots --extra scale --group dev pyproject.toml
FROM_requirements-bench := --constraint requirements-dev.txt --group bench
FROM_requirements-spark := --constraint requirements-dev.txt --extra spark pyproject.toml
FROM_requirements-audit := --group audit
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-annotate --no-header
define NEWLINE


endef

lock: $(STAMP)
	$(foreach lock,$(LOCKS),$(COMPILE) --upgrade $(FROM_$(lock)) -o $(lock).txt$(NEWLINE)	)

locked: $(STAMP)
	@mkdir -p .cache/locked
	$(foreach lock,$(LOCKS),@cp $(lock).txt .cache/locked/ && $(COMPILE) $(FROM_$(lock)) -o .cache/locked/$(lock).txt \
	  && cmp $(lock).txt .cache/locked/$(lock).txt$(NEWLINE)	)

# Wheels of what runs, to install from without a network.
WHEELS := .cache/wheels
WHEELS_STAMP := $(WHEELS)/.downloaded

wheels: $(WHEELS_STAMP)

$(WHEELS_STAMP): $(STAMP) requirements.txt
	rm -rf $(WHEELS)
	$(BIN)/python -m pip download --quiet --require-hashes --only-binary :all: -r requirements.txt -d $(WHEELS)
	@touch $@

# Its own virtual environment: what looks for holes is no part of what is tested. --strict, for without it
# a package that could not be looked up passes as one without holes.
AUDIT := .cache/audit

$(AUDIT)/.installed: $(STAMP) requirements-audit.txt
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements-audit.txt
	@touch $@

audit: $(AUDIT)/.installed
	$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip $(foreach lock,$(LOCKS),-r $(lock).txt)

demo: $(STAMP)
	@$(BIN)/python -m tests.practice get
	@$(BIN)/python -m tests.practice.demo

practice: $(STAMP)
	@$(BIN)/python -m tests.practice up --keep

serve: $(STAMP)
	@$(BIN)/python -m tests.practice get
	@$(BIN)/python -m tests.practice.serving

# The tests of a file share what they start, and stay together.
SIDE_BY_SIDE := -n auto --dist loadfile --no-loadscope-reorder
SPARK_STAMP := $(VENV)/.spark-installed

# PySpark comes as source only; what builds it is the locked setuptools.
$(SPARK_STAMP): $(STAMP) requirements-spark.txt
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: --no-binary pyspark \
	  --no-build-isolation -r requirements-spark.txt
	@touch $@

test: $(STAMP)
	@$(BIN)/python -m tests.practice get --tests
	$(BIN)/pytest $(SIDE_BY_SIDE)

test-long: $(SPARK_STAMP) $(WHEELS_STAMP)
	@$(BIN)/python -m tests.practice get --tests
	FAEBOT_LONG=1 $(BIN)/pytest $(SIDE_BY_SIDE)

BENCH_STAMP := $(VENV)/.bench-installed

$(BENCH_STAMP): $(STAMP) requirements-bench.txt
	$(BIN)/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements-bench.txt
	@touch $@

bench: $(BENCH_STAMP)
	@$(BIN)/python -m tests.practice get
	@$(BIN)/python -m tests.bench.find
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench.hashing
	@$(BIN)/python -m tests.bench.confirm
	@$(BIN)/python -m tests.bench.match
	@$(BIN)/python -m tests.bench.recall
	@$(BIN)/python -m tests.bench.errors
	@$(BIN)/python -m tests.bench.web

bench-commons: $(BENCH_STAMP)
	@$(BIN)/python -m tests.bench.match --only --commons

clean:
	rm -rf $(VENV) .cache

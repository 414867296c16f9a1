# Everything a contributor does, from a fresh clone: `make demo`, `make test`.
#
# The everyday (`dev`) cargo profile serves the extension and the tests, so dependencies are compiled once.
# An exported CARGO_TARGET_DIR is honoured: share it between clones to share that work.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build demo demo-batch test test-rust test-python lint format functions-page bench bench-athena bench-copy \
        bench-copy-memory wheel clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
DEMO_EXTRAS := pandas,plot
EXTRAS := pandas,polars,plot,notebook,glue,ingest,dev

# The extension does not link libpython; `cargo test` runs without the `python` feature and needs none.
export PYO3_BUILD_EXTENSION_MODULE := 1
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH

RUST_SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find src -type f)

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

build: $(STAMPS)/extension ## build the extension and install the package into .venv

demo: ## build, then run the streaming job on 1,000,000 generated records
	@$(MAKE) --no-print-directory -j2 $(STAMPS)/extension $(STAMPS)/demo-libraries
	$(BIN)/python -m bayou demo --directory demo-lake --plot demo-lake/anomalies.png

demo-batch: ## build, then run the batch job: two days of files through a state machine
	@$(MAKE) --no-print-directory -j2 $(STAMPS)/extension $(STAMPS)/demo-libraries
	$(BIN)/python -m bayou demo-batch --directory demo-batch-lake

test: test-rust test-python ## build, then cargo test, pytest and the notebook

test-rust:
	cargo test --no-default-features --tests

test-python: $(STAMPS)/extension $(STAMPS)/tools $(STAMPS)/s3-double
	$(BIN)/python -m pytest

functions-page: ## write docs/functions.md from the registry of functions
	BAYOU_WRITE_FUNCTIONS_PAGE=1 cargo test --no-default-features --lib -q -- the_page_of_the_documentation_is_current

lint: $(STAMPS)/extension $(STAMPS)/tools ## formatting, clippy, ruff and mypy; warnings are errors
	cargo fmt --check
	cargo clippy --no-default-features --all-targets -- -D warnings
	cargo clippy --lib -- -D warnings
	$(BIN)/ruff format --check python tests
	$(BIN)/ruff check python tests
	$(BIN)/mypy

format: $(STAMPS)/tools ## format Rust and Python
	cargo fmt
	$(BIN)/ruff format python tests
	$(BIN)/ruff check --fix python tests

bench: $(STAMPS)/optimised-extension ## compare with DuckDB, Polars, Bytewax and faker.js on the same work
	@test -e benchmarks/run.py || { echo "benchmarks/run.py is missing" >&2; exit 1; }
	$(BIN)/python benchmarks/run.py

bench-athena: $(STAMPS)/optimised-extension ## compare SQL over the lake with datafusion-python and DuckDB
	$(BIN)/python benchmarks/athena.py

bench-copy: $(STAMPS)/optimised-extension $(STAMPS)/optimised-s3-double ## compare copying with s5cmd, rclone, cp and rsync
	$(BIN)/python benchmarks/copying.py

bench-copy-memory: $(STAMPS)/optimised-extension $(STAMPS)/optimised-s3-double ## the memory of copies of up to ten million keys
	$(BIN)/python benchmarks/copy_memory.py

wheel: $(STAMPS)/maturin ## build the release wheel (LTO, stripped) into dist/
	$(BIN)/maturin build --release --out dist

clean: ## remove .venv, dist and the demo lake (not cargo's target folder)
	rm -rf $(VENV) dist demo-lake demo-batch-lake python/bayou/_bayou*.so
	find python tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "bayou needs Python 3.11 or newer: \`$(PYTHON)\` was not found; install it or run make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "bayou needs Python 3.11 or newer: \`$(PYTHON)\` is $$($(PYTHON) -V 2>&1); run make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@command -v cargo >/dev/null || { \
	  echo "bayou needs Rust 1.94 or newer: \`cargo\` was not found; see https://rustup.rs" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/maturin: $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "maturin>=1.9.4,<2"
	@touch $@

# The libraries that some extras name; the package itself is installed by `maturin develop`.
define install_extras
	$(BIN)/python -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; \
	  print("\n".join(line for extra in "$(1)".split(",") for line in p[extra]))' > $@.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $@.txt
	@touch $@
endef

$(STAMPS)/demo-libraries: $(STAMPS)/maturin pyproject.toml
	$(call install_extras,$(DEMO_EXTRAS))

$(STAMPS)/tools: $(STAMPS)/maturin pyproject.toml
	$(call install_extras,$(EXTRAS))

# The S3 service of the tests; the benchmarks want it optimised, so that it does not limit anybody.
define install_s3_double
	cargo build --no-default-features --example s3_double
	cp "$${CARGO_TARGET_DIR:-target}/debug/examples/s3_double" $(BIN)/s3_double
	@rm -f $(STAMPS)/*s3-double && touch $@
endef

S3_DOUBLE_SOURCES := $(RUST_SOURCES) $(wildcard tests/s3_double/*.rs) examples/s3_double.rs

$(STAMPS)/s3-double: $(STAMPS)/venv $(S3_DOUBLE_SOURCES)
	$(install_s3_double)

$(STAMPS)/optimised-s3-double: export CARGO_PROFILE_DEV_OPT_LEVEL := 3
$(STAMPS)/optimised-s3-double: $(STAMPS)/venv $(S3_DOUBLE_SOURCES)
	$(install_s3_double)

# Python files are used in place; only Rust sources and the metadata need another build.
define install_extension
	env VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --profile dev
	@rm -f $(STAMPS)/*extension && touch $@
endef

$(STAMPS)/extension: $(STAMPS)/maturin $(RUST_SOURCES)
	$(install_extension)

$(STAMPS)/optimised-extension: export CARGO_PROFILE_DEV_OPT_LEVEL := 3
$(STAMPS)/optimised-extension: $(STAMPS)/maturin $(RUST_SOURCES)
	$(install_extension)

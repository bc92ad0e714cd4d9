# `make help` lists the targets. The first use of any of them sets up .venv.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
    BIN := $(VENV)/Scripts
else
    BIN := $(VENV)/bin
endif
PY := $(BIN)/python
READY := $(VENV)/.ready
# No question about news, no look for updates: the course stays off the network.
QUIET := --LabApp.news_url= --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

# Tests run in two processes of one thread each: more threads would get into each other's way.
# The cells of a notebook share a kernel, so a file stays with one process.
SIDE_BY_SIDE := --numprocesses=2

.PHONY: help lab test unit lessons check notebooks threshold data-report bench bench-quick ladder lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(READY)  ## open the first lesson in JupyterLab
	$(BIN)/jupyter lab --ip=localhost --log-level=WARN $(QUIET) $(LAB_FLAGS) notebooks/00_quickstart.ipynb

test: check unit lessons  ## run everything that can be tested

unit: export OMP_NUM_THREADS = 1
unit: $(READY)  ## run the unit tests
	$(PY) -m pytest $(SIDE_BY_SIDE) tests

lessons: export TQDM_DISABLE = 1
lessons: export OMP_NUM_THREADS = 1
lessons: $(READY)  ## run every notebook and compare its outputs
	$(PY) -m pytest $(SIDE_BY_SIDE) --dist=loadfile --nbval --nbval-current-env --nbval-cell-timeout=600 notebooks

check: $(READY)  ## check style, types, and that the notebooks are up to date
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m tools.notebooks check

notebooks: $(READY)  ## rebuild and run the notebooks whose lesson was changed
	$(PY) -m tools.notebooks build

threshold: $(READY)  ## fit the shipped border between label 0 and 1 anew
	$(PY) -m stslib threshold course --out stslib/threshold.json --force

data-report: $(READY)  ## measure the course data anew for the data card
	$(PY) -m tools.data_report

bench: export TQDM_DISABLE = 1
bench: $(READY)  ## measure everything anew, with STS_DATA_DIR also on STS-B (hours)
	$(PY) -m benchmarks.finetuning
	$(PY) -m benchmarks.losses
	$(PY) -m benchmarks.clustering
	$(PY) -m benchmarks.growth
	$(PY) -m benchmarks.ladder
ifdef STS_DATA_DIR
	$(PY) -m benchmarks.stsb
	$(PY) -m benchmarks.stsb --contrasts
	$(PY) -m benchmarks.speed
endif
	$(PY) -m benchmarks.readme

bench-quick: export TQDM_DISABLE = 1
bench-quick: $(READY)  ## measure speed and growth on a small scale (about 4 minutes)
	$(PY) -m benchmarks.speed --quick
	$(PY) -m benchmarks.growth --quick

ladder: export TQDM_DISABLE = 1
ladder: $(READY)  ## measure every method of the course side by side (about 7 minutes)
	$(PY) -m benchmarks.ladder

lock: $(READY)  ## write requirements.txt anew from pyproject.toml
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile pyproject.toml -o requirements.txt --upgrade

clean:  ## remove the environment and all caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	    { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(if $(wildcard $(READY)),,--clear) $(VENV)  # one that was never finished may be damaged
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -e .
	@$(PYTHON) -c "open('$(READY)', 'w').close()"

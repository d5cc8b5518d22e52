# Show, Tell, Sort. Two commands matter: `make lab` and `make test`. `make help` lists the rest.
#
# Needs Python >= 3.11, which is looked for on the PATH if PYTHON= does not say where it is, and make.
# TORCH=cpu takes PyTorch's CPU build on Linux (see the README). VERBOSE=1 shows all that is said while installing.
# DATASET=flickr8k DATA=path BACKBONE=mobilenet_v2 runs the walkthrough on other pictures.

PYTHON  ?=
TORCH   ?= default
DATASET ?= scenes
DATA    ?=
BACKBONE ?=
ONLY ?=
FOR ?=
REPO ?=

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
OLD := .venv-oldest
READY := $(VENV)/ready-$(TORCH)
COMPARE := $(VENV)/ready-$(TORCH)-compare
UV = $$(command -v uv || echo $(BIN)/uv)

# Any Python, however old, finds one that is new enough, or says which one is needed.
ANY = $(or $(shell for it in $(PYTHON) python3 python3.13 python3.12 python3.11 python py; do \
	"$$it" -c 'import sys; sys.exit(sys.version_info < (3, 6))' 2>/dev/null && echo "$$it" && break; done), \
	$(error The course needs Python 3.11 or newer, and there is none on the PATH: install one (python.org/downloads) \
	or say where it is: make lab PYTHON=/path/to/python3.12))
SETUP = "$(ANY)" tools/setup_venv.py --python '$(PYTHON)'
FOUND = python=$$($(SETUP) --find) && $$python

.DEFAULT_GOAL := help

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

lab: $(READY)  ## open JupyterLab on the first notebook
	$(BIN)/python -m tools.lab

# One file of tests a core: each then keeps to itself. tests/conftest.py puts the long ones first.
PYTEST = -m pytest -q -n auto --dist loadfile --no-loadscope-reorder
TEST = OMP_NUM_THREADS=1 $(BIN)/python $(PYTEST)

test: $(COMPARE) lint  ## every test, the notebooks among them (about a quarter of an hour)
	$(TEST) --durations 10

quick: $(READY)  ## the unit tests alone (a few minutes)
	$(TEST) -m "not notebooks"

oldest: $(OLD)/ready  ## the unit tests with the oldest versions that pyproject.toml admits (Python 3.11 or 3.12)
	OMP_NUM_THREADS=1 $(OLD)/$(notdir $(BIN))/python $(PYTEST) -m "not notebooks"

walkthrough: $(READY)  ## execute all notebooks in order, copies to walkthrough/, figures to figures/
	$(BIN)/python -m tools.walkthrough --dataset $(DATASET) --data "$(DATA)" --backbone "$(BACKBONE)"

notebooks: $(READY)  ## execute the committed notebooks anew, in place (ONLY=03_decoder for one)
	$(BIN)/python -m tools.walkthrough --in-place $(ONLY)

exercises: $(READY)  ## put the exercises of notebooks/solutions into the notebooks, without their solutions
	$(BIN)/python -m helpers.teach.solutions

figures: $(READY)  ## draw the six pictures of the README and the notebooks
	$(BIN)/python -m tools.figures

captioner: $(READY)  ## train anew the small captioner that ships with the package
	$(BIN)/python -m tools.captioner

photo-captioner: $(READY)  ## train anew the captioner of photographs that ships (DATA=path/to/flickr8k; 80 minutes on a core)
	$(BIN)/python -m tools.photo_captioner --data "$(DATA)"

slides: $(READY)  ## slides from the committed notebooks, in slides/ (ONLY=03_decoder for one)
	$(BIN)/python -m tools.slides $(ONLY)

bundle: $(READY)  ## one zip for machines without a network, in bundle/ (FOR="windows-amd64-3.12" for others)
	$(BIN)/python -m tools.bundle --torch $(TORCH) $(FOR)

colab:  ## write the address of a fork into badges and first cells (REPO=owner/name)
	$(FOUND) -m tools.address $(REPO)

bench: $(COMPARE)  ## speed and memory beside other ways of doing it
	$(BIN)/python benchmarks/pictures.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/decoding.py
	$(BIN)/python benchmarks/metrics.py
	$(BIN)/python benchmarks/clustering.py
	$(BIN)/python benchmarks/explorers.py
	$(BIN)/python benchmarks/albums.py
	$(BIN)/python benchmarks/scale.py

oracle: $(COMPARE)  ## freeze anew the scores of the COCO evaluation that tests compare with (needs Java)
	$(BIN)/python tests/oracle.py

lint: $(READY)  ## ruff over code and notebooks, and the spelling of all texts
	$(BIN)/codespell
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet helpers tools tests benchmarks

RESOLVE = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --no-annotate --quiet --upgrade \
	  --custom-compile-command "make lock"

lock: $(READY)  ## refresh requirements.txt and requirements-compare.txt from pyproject.toml
	$(RESOLVE) --extra lab --extra dev --extra photos --output-file requirements.txt
	echo "# Written by \`make lock\`: what \`make test\` and \`make bench\` need beyond requirements.txt." > requirements-compare.txt
	$(RESOLVE) --extra compare --extra scale --constraint requirements.txt --no-header | grep -vxFf requirements.txt >> requirements-compare.txt

clean:  ## remove .venv, .venv-oldest, caches and walkthrough copies (never data/ or checkpoints/)
	rm -rf $(VENV) $(OLD) walkthrough build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find helpers tools tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# An environment whose Python has vanished is made anew.
$(READY): requirements.txt pyproject.toml $(shell test -x $(BIN)/python || echo anew)
	@$(SETUP) --venv $(VENV) --torch $(TORCH)
	@touch $@

# What ours is compared with in tests and benchmarks; the course itself does without.
$(COMPARE): $(READY) requirements-compare.txt
	@$(SETUP) --venv $(VENV) --add --constraint requirements.txt -r requirements-compare.txt
	@touch $@

# Made anew each time: what is there already would be kept, were it newer than it need be.
$(OLD)/ready: pyproject.toml | $(READY)
	rm -rf $(OLD)
	@$(SETUP) --venv $(OLD) --torch $(TORCH) --resolution lowest-direct -r pyproject.toml --extra dev --extra photos
	@touch $@

.PHONY: anew help lab test quick oldest walkthrough notebooks exercises figures captioner photo-captioner slides bundle colab bench oracle lint lock clean

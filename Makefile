# make          builds the graph and serves it        make run PORT=9000
# make test     runs every check                      make test ARGS="-k wheel"
#
# Both keep one environment, .venv (.ci/environment says how). `run` installs requirements.txt, `test` its
# superset requirements-test.txt, once for each content of the lock; after that nothing needs the network.

.DEFAULT_GOAL := run
.NOTPARALLEL:
.PHONY: run test lint bench bench-materialize bench-endpoint lock clean help environment environment-test

# The interpreter to make .venv with; when not given, the first on PATH that is recent enough.
export PYTHON ?=
ARGS ?=
PORT ?=

# Empty, HOME is taken for / by some tools; unset, they ask the system for the home directory.
ifeq ($(HOME),)
unexport HOME
endif

run: environment ## build the graph where that has not been done, and serve it
	@exec .venv/bin/python -m kg serve $(if $(PORT),--port $(PORT)) $(ARGS)

test: environment-test lint ## run every check: style, types, layers, tests
	.venv/bin/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile $(ARGS)

lint: environment-test ## run the checks that only read the code
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

bench: environment-test ## measure the main job
	.venv/bin/python -m benchmarks $(ARGS)

bench-materialize: environment-test ## materialize the same input with other engines; ARGS="--rows 100000 1000000"
	.venv/bin/python -m benchmarks.materialize $(ARGS)

bench-endpoint: environment-test ## ask other SPARQL servers the same; ARGS="--dataset article --runs 1"
	.venv/bin/python -m benchmarks.endpoint $(ARGS)

lock: ## resolve the dependencies anew (needs uv); ARGS=--upgrade takes newer releases
	@command -v uv >/dev/null || { echo "make: uv is needed to lock: https://docs.astral.sh/uv/" >&2; exit 1; }
	$(COMPILE) --group build --output-file requirements.txt
	$(COMPILE) --group build --group test --constraints requirements.txt --output-file requirements-test.txt

COMPILE = uv pip compile pyproject.toml $(ARGS) --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean: ## remove the environment, the snapshots and every cache
	rm -rf .venv .bench .kg dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find kg tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

help: ## list these
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' Makefile | expand -t 8

environment:
	@sh .ci/environment requirements.txt

environment-test:
	@sh .ci/environment requirements-test.txt requirements.txt

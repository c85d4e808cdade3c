# Thin on purpose: the work is in `assetmap …` commands, which an installed wheel has too.
# The locks name no package index, so that each machine uses its own: requirements.lock is what
# gets installed (versions and hashes, no addresses); in uv.lock the addresses are placeholders.
.PHONY: demo test test-deeper test-replica bench bench-quick lint format lock serve setup setup-test

bin := .venv/bin
templates := $(wildcard assetmap/templates)
# one more than there are processors: tests wait for databases, browsers and servers, too
workers := $(shell n=$$(nproc); echo $$((n < 4 ? n + 1 : 4)))
# where a machine says to keep no bytecode, each start of the service compiles all of it: 7 s, not 2
export PYTHONDONTWRITEBYTECODE :=
# Playwright's own: Debian's is too old for the tests
node := .venv/lib/python3*/site-packages/playwright/driver/node
js_tests := $(shell find tests/js -name '*.test.*js' 2>/dev/null)

demo: setup
	$(bin)/assetmap db upgrade
	$(bin)/assetmap demo load
	$(bin)/assetmap serve --demo

serve: setup
	$(bin)/assetmap serve

# Both parts always run, and pytest's own closing line comes last. Called by its name, make stays
# what `make -n` only prints.
test: setup-test
	@make --no-print-directory lint; lint=$$?; \
	$(bin)/pytest -n $(workers) --dist loadscope --no-loadscope-reorder; tests=$$?; \
	[ $$lint = 0 ] || { echo "make test: lint failed, see above"; exit 1; }; \
	exit $$tests

# the property tests alone, with new and many more examples
test-deeper: setup-test
	HYPOTHESIS_PROFILE=deeper $(bin)/pytest -m hypothesis -n $(workers)

# a PostGIS server with a hot standby that streams from it, and what the service makes of the two
test-replica: setup-test
	$(bin)/pytest tests/replica

# make bench args="--entries 1000000 --postgis"; the register it fills is kept in instance/bench
bench: setup-test
	$(bin)/python -m tests.bench.run $(args)

# the same of a small register, in under three minutes
bench-quick: setup-test
	$(bin)/python -m tests.bench.run --entries 20000 --wards 1000 --seconds 1 $(args)

lint: setup-test
	$(bin)/ruff check --quiet .
	$(bin)/ruff format --check --quiet .
	$(bin)/mypy
	$(bin)/lint-imports --no-logo
	$(if $(templates),$(bin)/djlint --quiet --lint --check $(templates))
	$(if $(js_tests),$(node) --test $(js_tests))

format: setup-test
	$(bin)/ruff check --fix .
	$(bin)/ruff format .
	$(if $(templates),$(bin)/djlint --quiet --reformat $(templates))

# make lock args=--upgrade: newer versions of everything
lock: setup
	$(bin)/uv lock $(args)
	sed -i -E 's#registry = "[^"]*"#registry = "https://index.invalid/simple"#; s#url = "https?://[^/"]+/#url = "https://files.invalid/#' uv.lock
	$(bin)/uv export --frozen --quiet --all-groups --no-emit-project --no-header --no-annotate --output-file requirements.lock
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(args) tests/s3/requirements.in --output-file tests/s3/requirements.lock

setup:
	@.ci/install.sh demo

setup-test:
	@.ci/install.sh test

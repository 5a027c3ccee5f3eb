# The front door. Everything is a thin layer over Meson; `make help` lists what there is.
#
#   ARGS="..."        further arguments for `make run`
#   NINJAFLAGS="-j1"  passed to ninja
#   SUITES="unit api" the only suites that `make test` runs
#   FUZZ_SECONDS=60   how long `make fuzz` runs each target
#   SOAK_SEEDS=1000   how many random histories `make soak` makes
.POSIX:
.SUFFIXES:
.DEFAULT_GOAL := build
.PHONY: run build test bench lint format sanitize fuzz soak clean help

RELEASE = build/release
export NINJAFLAGS SUITES FUZZ_SECONDS

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS='	' read -r name what; do printf '  make %-9s %s\n' "$$name" "$$what"; done

run: build ## build it and start it here, on SQLite, with its data in ./data
	@exec build/alphabet serve $(ARGS)

build: ## the release program at build/alphabet
	@tools/need run
	@test -f $(RELEASE)/build.ninja || tools/configure $(RELEASE) -Dtests=false
	@tools/build-program $(RELEASE) build/alphabet

test: ## every test that needs no special hardware; ends with "N passed, N failed"
	@tools/need run test $${CI:+ci}
	@tools/run-tests

bench: ## the benchmarks, one JSON line each
	@tools/need run test bench
	@tools/configure build/bench -Dtests=false -Dbench=true
	@tools/build-program build/bench build/alphabet
	@ninja -C build/bench $(NINJAFLAGS)
	@bench/run build/bench

lint: ## layout, clang-tidy, layers, forbidden functions, and no warning from gcc or clang
	@tools/need run test lint
	@tools/lint

format: ## lay out every C file as .clang-format says
	@tools/need lint
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs -r clang-format -i

sanitize: ## the suite under address+undefined, then under thread
	@tools/need run test
	@status=0; for kind in address,undefined thread; do tools/run-tests --sanitize $$kind || status=1; done; exit $$status

fuzz: ## each parser under libFuzzer for FUZZ_SECONDS
	@tools/need run test fuzz
	@tests/fuzz/run

soak: ## random histories of store and engine from SOAK_SEEDS seeds
	@tools/need run test
	@tools/configure build/soak
	@ninja -C build/soak $(NINJAFLAGS)
	@tests/soak build/soak $${SOAK_SEEDS:-1000}

clean: ## remove everything that was built (never ./data)
	rm -rf build

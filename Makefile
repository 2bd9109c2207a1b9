# What a user and a developer type. Everything installs what it needs (Debian 12, as root).
BUILD := build/release
JOBS ?= $(shell nproc)
SEEDS ?= 300
FROM ?=

.PHONY: help deps build run test e2e differential bench fuzz sanitize portable simtest mutants lint format clean

help:
	@echo "make run          build, start an embedded host and three member clusters, print what to type next"
	@echo "make run DEMO=1   the same, apply an example, show where its pods landed and why, and stop"
	@echo "make test         lint, unit, contract, kubectl and simulation tests, mutants"
	@echo "make e2e          real Kubernetes clusters on this machine"
	@echo "make differential [CASES=300] [SEED=1]    our filters against a real kube-scheduler's (a part of make e2e)"
	@echo "make simtest SEEDS=300 [FROM=1]    deterministic simulation under faults"
	@echo "make mutants      puts known bugs back: the simulation must find each (a part of make test)"
	@echo "make portable     solvers answer alike with every compiler, optimisation and instruction set"
	@echo "make bench | fuzz | sanitize | lint | format | clean"

deps:
	@tools/install-deps.sh build

$(BUILD)/build.ninja: | deps
	cmake --preset release

build: deps $(BUILD)/build.ninja
	cmake --build $(BUILD) --target stowage -j $(JOBS)

run: build
	@tools/run.sh $(BUILD)/bin/stowage $(if $(DEMO),demo)

test: $(BUILD)/build.ninja
	@tools/install-deps.sh build check
	cmake --build $(BUILD) -j $(JOBS)
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) -LE '^(e2e|bench)$$'

e2e: build
	@tools/install-deps.sh build check e2e
	cmake --build $(BUILD) -j $(JOBS) --target stowage e2e_tools
	ctest --test-dir $(BUILD) -V -L e2e

differential: build
	@tools/install-deps.sh build check e2e
	cmake --build $(BUILD) -j $(JOBS) --target e2e_tools
	python3 -B test/e2e/e2e.py --stowage $(BUILD)/bin/stowage --only differential --cases $(or $(CASES),300) --worlds $(or $(SEED),1)

simtest: deps $(BUILD)/build.ninja
	cmake --build $(BUILD) -j $(JOBS) --target simtest
	$(BUILD)/bin/simtest --seeds=$(SEEDS) $(if $(FROM),--from=$(FROM))

mutants: deps $(BUILD)/build.ninja
	test/mutants/run.sh

bench: deps $(BUILD)/build.ninja
	test/bench/run.sh $(BUILD)

fuzz:
	@tools/install-deps.sh build check
	test/fuzz/run.sh

# SHORT=1: the suites that touch threads and memory most.
sanitize:
	@tools/install-deps.sh build check
	tools/sanitize.sh $(if $(SHORT),short)

portable:
	@tools/install-deps.sh build check
	tools/portable.sh

lint: deps $(BUILD)/build.ninja
	cmake --build $(BUILD) -j $(JOBS) --target lint_test
	$(BUILD)/bin/lint_test

format:
	@tools/install-deps.sh check
	git ls-files -z --cached --others --exclude-standard "*.h" "*.cc" | xargs -0 clang-format-16 -i

clean:
	rm -rf build

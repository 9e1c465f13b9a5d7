# What people type. Everything is built under build/<preset>; see CMakePresets.json.
#   make          packages, then the program build/release/bin/hillock
#   make install  into PREFIX (/usr/local): bin, lib, share/hillock, share/doc/hillock; DESTDIR as usual
#   make demo     fits the example recording and writes a report
#   make test     every test, release build
#   make asan, make tsan, make lint, make format, make bench, make fuzz, make nightly, make clean

JOBS ?= $(shell nproc)
TEST_JOBS ?= $(JOBS)
HILLOCK := build/release/bin/hillock
PREFIX ?= /usr/local

.PHONY: all install packages packages-test packages-style demo test asan tsan lint format bench fuzz nightly clean

all: packages
	@cmake --preset release -DHILLOCK_TESTS=OFF --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS) --target programs

install: all
	@DESTDIR=$(DESTDIR) cmake --install build/release --prefix $(PREFIX) >/dev/null
	@echo "Installed: $(DESTDIR)$(PREFIX)/bin/hillock"

packages:
	@cmake/install-packages.sh packages.txt build

packages-test:
	@cmake/install-packages.sh packages.txt build test

packages-style:
	@cmake/install-packages.sh packages.txt build test style

demo: all
	$(HILLOCK) fit examples/herg/study.toml
	@ls results/*/report.html >/dev/null 2>&1 && echo "The report, for a browser: $$(ls -t $(CURDIR)/results/*/report.html | head -n 1)"

test: packages-test
	@cmake --preset release -DHILLOCK_TESTS=ON --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS)
	@ctest --preset release -j $(TEST_JOBS)

asan tsan: packages-test
	@cmake --preset $@ --log-level=WARNING >/dev/null
	@cmake --build --preset $@ -j $(JOBS)
	@ctest --preset $@ -j $(TEST_JOBS)

lint: packages-style
	@cmake --preset lint --log-level=WARNING >/dev/null
	@cmake --build --preset lint -j $(JOBS) -- -k 0

format: packages-style
	@find src tests bench -name '*.cpp' -o -name '*.hpp' | xargs -r clang-format -i

# `make bench` runs every benchmark, `make bench-<name>` one; rows go to bench/results/<name>.json.
bench: bench-all
bench-%: packages
	@cmake --preset release --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS) --target $@

# Every reader of texts and files under libFuzzer with AddressSanitizer and UBSan: FUZZ_SECONDS each, or FUZZ_RUNS
# executions each.
FUZZ_SECONDS ?= 60
fuzz: export FUZZ_SECONDS := $(FUZZ_SECONDS)
fuzz: export FUZZ_RUNS := $(FUZZ_RUNS)
fuzz: packages-style
	@cmake --preset fuzz --log-level=WARNING >/dev/null
	@cmake --build --preset fuzz -j $(JOBS)

# For a night on two cores: NIGHTLY_RUNS executions of every fuzzer, and NIGHTLY_GRAPHS random programs and expressions
# that compare interpreter, compiled code and derivatives; other ones every day.
NIGHTLY_RUNS ?= 10000000
NIGHTLY_GRAPHS ?= 100000
NIGHTLY_SEED ?= $(shell expr $$(date +%s) / 86400)
nightly: packages-test packages-style
	@cmake --preset release -DHILLOCK_TESTS=ON --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS) --target hillock_ir_test hillock_jit_test
	@cmake --preset fuzz --log-level=WARNING >/dev/null
	@cmake/nightly.sh $(NIGHTLY_RUNS) $(NIGHTLY_GRAPHS) $(NIGHTLY_SEED) $(JOBS)

clean:
	@rm -rf build

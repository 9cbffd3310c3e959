# Build, demo, test and installation of wasmo. `make help` lists the targets.
#
# Everything that is generated lies under build/ (CMake) and target/ (cargo).

PREFIX ?= /usr/local
DESTDIR ?=
# What becomes root for `make install`, so that cargo need not: `make install SUDO=sudo`.
SUDO ?=
# The file that the demo analyses.
FILE ?= README.md

# How long `make soak` runs, and in how many processes: as many as there are cores.
SECONDS ?= 3600
JOBS ?=

# More for `make bench`: options, and engines as <name>=<library>[,<VARIABLE>=<value>].
BENCH ?=

# The installation that the demo and the C tests are built against, as a user of wasmo would be.
local_prefix := $(CURDIR)/build/prefix

configure = cmake -G Ninja -DCMAKE_BUILD_TYPE=Debug --log-level=WARNING
find_local = -DCMAKE_PREFIX_PATH="$(local_prefix)"

# Another engine and what it needs lie apart: the library must not depend on them.
fuzz = cargo run --release --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz -- $(if $(JOBS),--jobs $(JOBS))

.PHONY: build help deps demo test fuzz soak sqlite race c-test sanitize memcheck bench bench-peers local-install install fmt lint clean

build: ## Build the library, optimised, into target/release
	cargo build --release --locked

help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

deps: ## Install what the build and the tests need (Debian 12)
	@.ci/deps

demo: deps local-install ## Run a C program inside wasmo, from a C program (FILE=... to analyse another file)
	@$(configure) -S c-tests/demo -B build/demo $(find_local)
	@cmake --build build/demo
	@for copy in $$(seq 400); do cat c-tests/demo/*.c; done > build/demo/large.txt
	@echo; echo "--- A small file ---"; echo
	@build/demo/demo build/demo/guest.wasm "$(FILE)"
	@echo; echo "--- A file of several megabytes ---"; echo
	@build/demo/demo build/demo/guest.wasm build/demo/large.txt

# All of the Rust tests with code for Arm, which one of them looks at: so nothing is built twice for it.
test: deps ## Run every check: format, lints, Rust tests, random programs, C tests against the installed library
	$(MAKE) lint
	cargo test --locked --features aarch64
	$(MAKE) fuzz
	$(MAKE) c-test
	$(MAKE) sanitize memcheck

fuzz: deps ## Compare wasmo with another engine on some random and damaged modules, always the same
	$(fuzz) --modules 500 --seed 1

soak: deps ## Compare wasmo with another engine on new random modules (SECONDS=3600 JOBS=), then stress it for some hours
	$(fuzz) --seconds $(SECONDS)
	WASMO_INTERRUPTIONS=700 cargo test --release --locked --test interrupt
	WASMO_CYCLES=500000 cargo test --release --locked --test resources modules_come_and_go
	$(MAKE) sqlite

# The values of tier-up are for functions that are handed over when they are first called, soon, later and not at all.
sqlite: deps local-install ## Compare SQLite in both modes (SECONDS=3600 JOBS=2), which npm fetches once
	$(configure) -S c-tests/sqlite -B build/sqlite $(find_local)
	cmake --build build/sqlite
	benches/real/fetch.sh build/benches/modules sqlite
	build/sqlite/sqlite --seconds=$(SECONDS) $(if $(JOBS),--threads=$(JOBS)) --tier-up=1,100,10000,0,1000000,never \
	    build/benches/modules/sqlite.wasm

# helgrind does not know Rust's locks. The sanitizer needs the standard library compiled with it, and switches that are
# not stable.
race: deps ## Run the tests of threads under ThreadSanitizer (needs rustup's component rust-src)
	RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread cargo test -Zbuild-std --target $(shell rustc -vV | sed -n 's/host: //p') \
	    --target-dir target/race --locked --test threads --test handoff --test tierup

c-test: local-install ## Run the C tests alone
	$(configure) -S c-tests -B build/c-tests $(find_local)
	cmake --build build/c-tests
	ctest --test-dir build/c-tests --output-on-failure --no-tests=error

sanitize: local-install ## Run the C tests under AddressSanitizer, which also finds leaks
	$(configure) -S c-tests -B build/sanitize $(find_local) -DWASMO_C_TESTS_SANITIZE=ON
	cmake --build build/sanitize
	ctest --test-dir build/sanitize --output-on-failure --no-tests=error -j 2 \
	    -E 'benches|consumer|peers|package|notices|wasmtime|two[.]|behaviour|gdb'

# Without faults and large reservations, which valgrind does not like; it does not follow programs that make their own
# signal contexts. It needs the symbols of the library, and cannot read the debug information. The stack on which
# traps are recorded may lie close to a thread's: only a small limit lets valgrind see that they are two.
memcheck: local-install ## Run the C tests under valgrind
	$(configure) -S c-tests -B build/memcheck $(find_local) \
	    -DWASMO_C_TESTS_RUNNER="valgrind;--suppressions=$(CURDIR)/c-tests/valgrind.supp"
	cmake --build build/memcheck
	objcopy --strip-debug target/release/libwasmo.so build/memcheck/libwasmo.so.0
	VALGRIND_OPTS="--quiet --max-stackframe=200000 --error-exitcode=1 --leak-check=full --show-leak-kinds=definite --run-libc-freeres=no --errors-for-leak-kinds=definite" \
	    LD_LIBRARY_PATH="$(CURDIR)/build/memcheck" \
	    ctest --test-dir build/memcheck --output-on-failure --no-tests=error -R '[.]checked$$' -E signals -j 2

# It takes the time of a machine that does nothing else.
bench: deps local-install ## Measure calls, instances and kernels, beside another engine and native code (BENCH=...)
	@$(configure) -S benches -B build/benches $(find_local) -DCMAKE_BUILD_TYPE=Release -DBENCH_OPTIONS="$(BENCH)"
	@cmake --build build/benches --target run

# What it needs besides, benches/README.md says.
bench-peers: deps local-install ## Measure all of that and real modules beside all engines, which are built first (BENCH=...)
	@$(configure) -S benches -B build/benches $(find_local) -DCMAKE_BUILD_TYPE=Release -DBENCH_OPTIONS="$(BENCH)"
	@cmake --build build/benches --target run-peers
	@cmake --build build/benches --target run-modules
	@cmake --build build/benches --target run-timeline

local-install: ## Build the library and install it into build/prefix
	$(configure) -S cmake -B build/local -DCMAKE_INSTALL_PREFIX="$(local_prefix)"
	cmake --build build/local
	cmake --install build/local > build/local/installed.log

install: ## Install the library for C and C++ programs (PREFIX=/usr/local DESTDIR= SUDO=)
	$(configure) -S cmake -B build/install -DCMAKE_INSTALL_PREFIX="$(abspath $(PREFIX))"
	cmake --build build/install
	$(SUDO) env DESTDIR="$(DESTDIR)" cmake --install build/install

fmt: ## Format the Rust sources
	cargo fmt
	cargo fmt --manifest-path fuzz/Cargo.toml

lint: ## Check the format, the lints and the documentation of the Rust sources
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --all-targets --locked --features aarch64 -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked --quiet
	cargo clippy --release --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz -- -D warnings

clean: ## Remove everything that was generated
	rm -rf build target

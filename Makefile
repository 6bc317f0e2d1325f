# Front door of the project: `make help` lists the targets.
#
# The compiler is built in two stages. Cargo builds rook-stage1, a compiler without a library, which
# compiles the library into an image (for programs that `rook` builds) and into an object file; the
# object file and the compiler as an archive are linked into `rook`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

CARGO ?= cargo
CC := cc
PREFIX ?= /usr/local
DESTDIR ?=
# Modes in which `make test` runs the programs. The last three collect at every allocation.
MODES ?= memory,native,unoptimized,$(STRESS)
STRESS := stress=1,young=1,native-stress=1
# Only programs with this text in their path, for test, stress and bless.
FILTER ?=
# Further options for `rook test`.
TEST_OPTIONS ?=
# Rounds of `make bench`.
ROUNDS := 5
# A checkout of the public suite ansi-test, for `make ansi`.
ANSI ?=

TARGET := $(or $(CARGO_TARGET_DIR),target)
export CARGO_TARGET_DIR := $(TARGET)

STAGE1 := $(TARGET)/release/rook-stage1
COMPILER_ARCHIVE := $(TARGET)/release/librook_compiler.a
RUNTIME_ARCHIVE := $(TARGET)/lean/librook_runtime.a
IMAGE := $(TARGET)/rook/lib/library.image
LIBRARY := $(TARGET)/rook/lib/library.o
FULL_ARCHIVE := $(TARGET)/rook/lib/librook_full.a
LEAN_ARCHIVE := $(TARGET)/rook/lib/librook_lean.a
HEADER := $(TARGET)/rook/include/rook.h
ROOK := $(TARGET)/rook/bin/rook

STDLIB := stdlib/load-order.sexp $(shell find stdlib -name '*.lisp')
ROOK_TEST = $(ROOK) test tests/programs $(if $(FILTER),--filter $(FILTER)) $(TEST_OPTIONS)
KNOWN := --expected-failures tests/expected-failures.txt

.PHONY: build hello test stress ansi differential bless bench tidy install help FORCE

build: $(ROOK) $(IMAGE) $(FULL_ARCHIVE) $(LEAN_ARCHIVE) $(HEADER) ## Build the compiler, its library and the runtime (default)

hello: build ## Compile and run the first program
	$(ROOK) build tests/programs/hello.lisp -o $(TARGET)/hello
	$(TARGET)/hello

test: build ## Run all tests: unit tests, then the programs in every mode (MODES=, FILTER=)
	$(CARGO) test --release -p rook-runtime --lib
	ROOK_FUZZ=2000 $(CARGO) test --release -p rook-compiler --lib
	tests/delivery/check $(TARGET)/rook
	tests/delivery/start $(TARGET)/rook
	tests/clink/check $(TARGET)/rook
	tests/driver/check $(TARGET)/rook
	tests/packages/check $(TARGET)/rook
	tests/scale/check $(TARGET)/rook
	tests/fuzz/check $(TARGET)/rook
	tests/operators/check $(TARGET)/rook
	$(CARGO) build --quiet --profile tools -p rook-tests
	tests/dumps/check $(TARGET)/rook $(TARGET)/tools/reread-clif
	tests/faults/check $(TARGET)/rook
	$(ROOK_TEST) --modes=$(MODES) $(KNOWN)

stress: build ## Run the programs with a collection at every allocation (FILTER=)
	$(ROOK_TEST) --modes=$(STRESS) $(KNOWN)

ansi: build ## Run the chapters of ansi-test that need no CLOS (ANSI=CHECKOUT)
	@[ -n "$(ANSI)" ] || { echo 'make ansi needs ANSI=PATH, a checkout of ansi-test'; exit 2; }
	tests/ansi/run $(ROOK) $(ANSI)

differential: ## Compare the programs with SBCL where it is installed (FILTER=)
	tests/differential/check $(FILTER)

bless: build ## Rewrite the expected output of the programs (FILTER=)
	$(ROOK_TEST) --bless $(KNOWN)

bench: build ## Time the benchmarks against the rivals that are installed: sbcl, gcc, chezscheme (ROUNDS=5, FILTER=names)
	tests/bench/compare $(ROOK) $(ROUNDS) $(FILTER)
	tests/bench/compile/compare $(ROOK)

tidy: ## Check the rules that the compiler does not: module docs, file sizes, lints
	tests/tidy/check
	$(CARGO) clippy --release --all-targets -- -D warnings

install: build ## Install below PREFIX (PREFIX=/usr/local)
	install -D -m 755 $(ROOK) $(DESTDIR)$(PREFIX)/bin/rook
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib $(IMAGE) $(LIBRARY) $(FULL_ARCHIVE) $(LEAN_ARCHIVE)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include $(HEADER)

help: ## Print this list
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 10

# Cargo knows best what it must rebuild, so it is always asked. What it leaves alone keeps its time,
# and what depends on it is then not made again.
$(STAGE1) $(COMPILER_ARCHIVE) &: FORCE
	@$(CARGO) build --quiet --release -p rook-compiler

# Nothing unwinds in lean programs, and they do not tell where they were built.
$(RUNTIME_ARCHIVE): FORCE
	@RUSTFLAGS="$${RUSTFLAGS-} -C force-unwind-tables=no --remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}=cargo" \
	    $(CARGO) build --quiet --profile lean -p rook-runtime

$(IMAGE) $(LIBRARY) &: $(STAGE1) $(STDLIB)
	@mkdir -p $(@D)
	$(STAGE1) bootstrap stdlib $(IMAGE) $(LIBRARY)

$(ROOK): $(LIBRARY) $(COMPILER_ARCHIVE)
	@mkdir -p $(@D)
	$(CC) -o $@ $(LIBRARY) $(COMPILER_ARCHIVE) -lgcc_s -lpthread -ldl -lm -lc -Wl,-z,now -Wl,-z,noexecstack -Wl,--gc-sections -pie

# Without debug information, which only a developer of Rook would use: links are five times faster.
$(FULL_ARCHIVE): $(COMPILER_ARCHIVE)
	@mkdir -p $(@D)
	objcopy --strip-debug --remove-section=.llvmbc --remove-section=.llvmcmd $< $@

$(LEAN_ARCHIVE): $(RUNTIME_ARCHIVE) runtime/lean-archive
	@mkdir -p $(@D)
	runtime/lean-archive $< $@

$(HEADER): runtime/include/rook.h
	@mkdir -p $(@D)
	cp $< $@

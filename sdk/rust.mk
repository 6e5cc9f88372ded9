# rust.mk: static libraries of Rust in programs of an L4Re tree's own build.
#
# A package's Makefile names them, and includes this file behind prog.mk:
#
#   RUST_LIBS = notes
#   include $(L4DIR)/mk/prog.mk
#   include $(L4RE_RS)/sdk/rust.mk
#
# RUST_LIBS  folders of packages of Rust, below the Makefile's folder
# L4RE_RS    where l4re-rs is checked out; found by itself if this file is included from there
#
# Each library shows its functions with names of C and hides all else, memcpy and its kin too. Its
# heap is malloc, and a panic is abort with a message, by the crate l4re-rt-hosted.

L4RE_RS ?= $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)

# Where the folders are: the build runs in another one.
RUST_FROM := $(if $(SRC_DIR),$(SRC_DIR),.)
RUST_ARCHIVES := $(foreach lib,$(RUST_LIBS),librust-$(notdir $(lib)).a)

ifneq ($(filter-out static,$(MODE)),)
$(error RUST_LIBS need MODE = static; this is $(MODE))
endif

ifneq ($(SYSTEM),)
$(TARGET): $(RUST_ARCHIVES)
LIBS += $(RUST_ARCHIVES)
# The crate l4re finds the kernel information page by this name.
LDFLAGS += -u l4_global_kip

# Cargo knows what has changed, and the file is left as it is if nothing has.
define RUST_ARCHIVE
librust-$(notdir $(1)).a: FORCE_RUST
	@echo "  ==> Building Rust library $(1)"
	$$(VERBOSE)cd $$(L4RE_RS) && env -u MAKEFLAGS -u MFLAGS -u CC -u CXX -u LD -u AR -u CFLAGS -u CXXFLAGS \
	  cargo xtask staticlib $$(abspath $$(RUST_FROM)/$(1)) --out $$(abspath $$@) >/dev/null
endef
$(foreach lib,$(RUST_LIBS),$(eval $(call RUST_ARCHIVE,$(lib))))

.PHONY: FORCE_RUST
FORCE_RUST:

clean cleanall::
	$(VERBOSE)rm -f $(RUST_ARCHIVES)
endif

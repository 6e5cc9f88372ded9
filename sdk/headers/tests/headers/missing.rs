//! Functions of L4Re's C interface that there are not, and why.

use std::collections::BTreeSet;

const ARM: &str = "Of ARM.";
const BUFFER: &str = "The reader's side of a ring in memory, without a message: `l4re::event::Buffer` from Rust; from C, the events are a ring of `l4re_event_t` in the dataspace.";
const KEYS: &str = "For input devices, which the embedded system does not have.";
const INTERNAL: &str = "Internal to L4Re's headers or libraries.";
const LIBRARY: &str = "Of no system's: a C library's, or ordinary code.";
const NO_TRACE: &str = "The kernel's trace buffer, which the embedded kernel does not have.";
const ROOT: &str = "Of root tasks and boot loaders.";
const SCREEN: &str = "Writes to the screen of a PC, as debugging code of the kernel does.";
const VIRTUAL: &str = "Virtual machines and processors, which the embedded kernel does not have.";

/// Whole headers.
const HEADERS: &[(&str, &str)] = &[
    ("l4/re/c/event_buffer.h", BUFFER),
    ("l4/sigma0/sigma0.h", ROOT),
    ("l4/sys/__task-arm.h", ARM),
    ("l4/sys/__vcpu-arm.h", ARM),
    ("l4/sys/arm_smccc.h", ARM),
    ("l4/sys/__vm-vmx.h", VIRTUAL),
    ("l4/sys/vcpu.h", VIRTUAL),
    ("l4/sys/ktrace.h", NO_TRACE),
    ("l4/util/backtrace.h", LIBRARY),
    ("l4/util/base64.h", LIBRARY),
    ("l4/util/elf.h", LIBRARY),
    ("l4/util/getopt.h", LIBRARY),
    ("l4/util/list_alloc.h", LIBRARY),
    ("l4/util/parse_cmd.h", LIBRARY),
    ("l4/util/printf_helpers.h", LIBRARY),
    ("l4/util/keymap.h", KEYS),
    ("l4/util/kprintf.h", SCREEN),
    ("l4/util/spin.h", SCREEN),
    ("l4/util/mb_info.h", ROOT),
    ("l4/util/mbi_argv.h", ROOT),
];

/// Functions of headers that are there otherwise.
const FUNCTIONS: &[(&str, &str)] = &[
    ("__l4_fpage_generic", INTERNAL),
    ("__strcpy_maxlen", INTERNAL),
    (
        "__this_l4util_bitops_function_is_not_implemented_for_this_arch__sorry",
        INTERNAL,
    ),
    ("l4_utcb_wrap", INTERNAL),
    ("l4util_ioport_map", ROOT),
];

/// Why a function is not there, if it is not.
pub fn reason(header: &str, name: &str) -> Option<&'static str> {
    let functions = FUNCTIONS.iter().find(|(listed, _)| *listed == name);
    let headers = HEADERS.iter().find(|(listed, _)| *listed == header);
    functions.or(headers).map(|(_, reason)| *reason)
}

/// Every entry of the list stands for something.
pub fn all_are_used(missing: &BTreeSet<&str>) {
    for (name, _) in FUNCTIONS {
        assert!(
            missing.contains(name),
            "{name} is listed as missing for nothing"
        );
    }
}

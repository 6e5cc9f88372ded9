//! Headers, functions and macros of L4Re's C interface that there are not, and why.

use std::collections::BTreeSet;

const ARM: &str = "Of ARM.";
const CODES: &str = "Numbers of requests, which the functions of the C interface send.";
const CXX: &str = "Of C++: handlers that are entered in the middle of other code.";
const OLD: &str = "An error in L4Re's headers, too: `L4_BEGIN_DECLS` is what to use.";
const BUFFER: &str = "The reader's side of a ring in memory, without a message: `l4re::event::Buffer` from Rust; from C, the events are a ring of `l4re_event_t` in the dataspace.";
const FRAMES: &str = "For screens, which the embedded system does not have.";
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
    ("l4/re/c/video/colors.h", FRAMES),
    ("l4/re/c/video/goos.h", FRAMES),
    ("l4/re/c/video/view.h", FRAMES),
    ("l4/re/dataspace-sys.h", CODES),
    ("l4/re/event-sys.h", CODES),
    ("l4/re/inhibitor-sys.h", CODES),
    ("l4/re/log-sys.h", CODES),
    ("l4/re/mem_alloc-sys.h", CODES),
    ("l4/re/namespace-sys.h", CODES),
    ("l4/re/parent-sys.h", CODES),
    ("l4/re/rm-sys.h", CODES),
    ("l4/re/video/goos-sys.h", FRAMES),
    ("l4/sys/arch/pf_trampoline.h", INTERNAL),
    ("l4/sys/arch/platform_control.h", INTERNAL),
    ("l4/sys/arch/task.h", INTERNAL),
    ("l4/sys/arch/thread.h", INTERNAL),
    ("l4/sys/ktrace_events.h", NO_TRACE),
    ("l4/sys/obj_info.h", NO_TRACE),
    ("l4/sys/vcpu_context.h", VIRTUAL),
    ("l4/sys/vm.h", VIRTUAL),
    ("l4/sigma0/sigma0.h", ROOT),
    ("l4/sys/__kernel_object_impl.h", INTERNAL),
    ("l4/sys/__kip-arch.h", INTERNAL),
    ("l4/sys/__ktrace-impl.h", NO_TRACE),
    ("l4/sys/__platform_control-arm.h", ARM),
    ("l4/sys/__task-arm.h", ARM),
    ("l4/sys/__vcpu-arch.h", VIRTUAL),
    ("l4/sys/__vcpu-arm.h", ARM),
    ("l4/sys/arm_smccc.h", ARM),
    ("l4/sys/__vm-svm.h", VIRTUAL),
    ("l4/sys/__vm-vmx.h", VIRTUAL),
    ("l4/sys/vcpu.h", VIRTUAL),
    ("l4/sys/ktrace.h", NO_TRACE),
    ("l4/util/arch/thread.h", CXX),
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

/// Macros of headers that are there otherwise.
const MACROS: &[(&str, &str)] = &[
    ("EXTERN_C", OLD),
    ("EXTERN_C_BEGIN", OLD),
    ("EXTERN_C_END", OLD),
    ("L4UTIL_THREAD_CXX_FUNC_HELPER_PROTO_ATTR", CXX),
    ("L4UTIL_THREAD_CXX_FUNC_IMPL", CXX),
    ("L4UTIL_THREAD_CXX_FUNC_INTERRUPT_HELPER_PROTO_ATTR", CXX),
    ("L4UTIL_THREAD_CXX_FUNC_INTERRUPT_IMPL", CXX),
    ("L4UTIL_THREAD_CXX_FUNC_PROTO", CXX),
    ("L4_NOTHROW__A", INTERNAL),
    ("L4__STRONG_ALIAS", INTERNAL),
    ("L4__WEAK_ALIAS", INTERNAL),
];

fn listed(list: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let found = list.iter().find(|(listed, _)| *listed == name);
    found.map(|(_, reason)| *reason)
}

/// Why a header is not there, if it is not.
pub fn header_reason(header: &str) -> Option<&'static str> {
    listed(HEADERS, header)
}

/// Why a function is not there, if it is not.
pub fn reason(header: &str, name: &str) -> Option<&'static str> {
    listed(FUNCTIONS, name).or(header_reason(header))
}

/// Why a macro is not there, if it is not.
pub fn macro_reason(name: &str) -> Option<&'static str> {
    listed(MACROS, name)
}

/// Every macro of the list is missing.
pub fn all_macros_are_used(missing: &BTreeSet<&str>) {
    for (name, _) in MACROS {
        assert!(missing.contains(name), "{name} is listed for nothing");
    }
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

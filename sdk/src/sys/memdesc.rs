//! Memory descriptors of the kernel information page.

use crate::ctypes::*;

/// The first memory descriptor.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_get_mem_descs(
    kip: *mut l4_kernel_info_t,
) -> *mut l4_kernel_info_mem_desc_t {
    // SAFETY: C's caller passes a kernel information page, which the descriptors stand in (the
    // crate's documentation).
    unsafe { kip.byte_add((*kip).mem_descs as usize).cast() }
}

/// The number of memory descriptors.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_get_num_mem_descs(kip: &mut l4_kernel_info_t) -> c_uint {
    kip.mem_descs_num
}

/// Sets a memory descriptor: first and last byte, type, whether it is of an address space, and
/// subtype.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_set_mem_desc(
    md: &mut l4_kernel_info_mem_desc_t,
    start: l4_addr_t,
    end: l4_addr_t,
    r#type: c_uint,
    virt: c_uint,
    sub_type: c_uint,
) {
    *md = l4_kernel_info_mem_desc_t::new(start, end, r#type as u8, sub_type as u8, virt != 0);
}

/// The first byte.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_get_mem_desc_start(
    md: &mut l4_kernel_info_mem_desc_t,
) -> l4_umword_t {
    md.start()
}

/// The last byte.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_get_mem_desc_end(
    md: &mut l4_kernel_info_mem_desc_t,
) -> l4_umword_t {
    md.end()
}

/// The type.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_get_mem_desc_type(
    md: &mut l4_kernel_info_mem_desc_t,
) -> l4_umword_t {
    md.kind().into()
}

/// The subtype.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_get_mem_desc_subtype(
    md: &mut l4_kernel_info_mem_desc_t,
) -> l4_umword_t {
    md.subtype().into()
}

/// Whether it is of an address space instead of the machine's memory.
#[unsafe(no_mangle)]
pub extern "C" fn l4_kernel_info_get_mem_desc_is_virtual(
    md: &mut l4_kernel_info_mem_desc_t,
) -> l4_umword_t {
    md.is_virtual().into()
}

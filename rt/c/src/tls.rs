//! The stacks of the C library's threads.

use l4re::start;

/// The end of the region that the calling thread's stack is in; what stands behind it is no
/// stack, or not this thread's.
pub fn stack_end() -> usize {
    let here = 0u8;
    let address = (&raw const here).addr();
    let found = start::try_env().map(|env| env.rm().find(address as u64, 1));
    match found {
        Some(Ok(found)) => (found.start + found.size) as usize,
        // Nothing is known to be there.
        _ => address,
    }
}

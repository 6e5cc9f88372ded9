use std::ffi::{CStr, c_int, c_void};

extern "C" fn compare(a: *const c_void, b: *const c_void) -> c_int {
    // SAFETY: `qsort` passes pointers to elements of the array.
    let (a, b) = unsafe { (*a.cast::<u32>(), *b.cast::<u32>()) };
    a.cmp(&b) as c_int
}

fn main() {
    let mut numbers = [5_u32, 1, 4];
    // SAFETY: the array has three elements of this size.
    unsafe { libc::qsort(numbers.as_mut_ptr().cast(), 3, 4, Some(compare)) };
    assert_eq!(numbers, [1, 4, 5]);
    let mut text = [0; 32];
    // SAFETY: the buffer has the size that is told, and the format's arguments follow.
    let len = unsafe { libc::snprintf(text.as_mut_ptr(), 32, c"%d-%s".as_ptr(), 42 as c_int, c"x".as_ptr()) };
    assert_eq!(len, 4);
    // SAFETY: `snprintf` has ended the text with zero.
    assert_eq!(unsafe { CStr::from_ptr(text.as_ptr()) }, c"42-x");
    let mut pipe = [0; 2];
    // SAFETY: the array takes two descriptors, and the buffers the bytes that are told.
    unsafe {
        assert_eq!(libc::pipe(pipe.as_mut_ptr()), 0);
        assert_eq!(libc::write(pipe[1], b"abc".as_ptr().cast(), 3), 3);
        let mut back = [0_u8; 8];
        assert_eq!(libc::read(pipe[0], back.as_mut_ptr().cast(), 8), 3);
        assert_eq!(&back[..3], b"abc");
    }
    println!("ok");
}

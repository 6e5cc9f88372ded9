//! The same by C's functions.

use libc::{c_int, c_void};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::path::Path;

/// Fails with the number of the last error.
fn ok(result: impl Into<i64>) -> Result<i64, c_int> {
    match result.into() {
        -1 => Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        value => Ok(value),
    }
}

/// Goes through what `std` does not use, in a directory that is there.
pub fn check(room: &Path) {
    let name = |name: &str| CString::new(room.join(name).display().to_string()).unwrap();
    let (file, other, dir) = (name("c"), name("d"), name("deep"));
    let both = libc::O_RDWR | libc::O_CREAT;
    let mut back = [0u8; 8];
    // SAFETY: names are strings that end with 0, buffers are as large as is said, and memory that
    // is mapped is used while it is.
    unsafe {
        let fd = ok(libc::open(file.as_ptr(), both | libc::O_EXCL, 0o644)).unwrap() as c_int;
        let again = ok(libc::open(file.as_ptr(), both | libc::O_EXCL, 0o644));
        assert_eq!(again, Err(libc::EEXIST));
        let text = b"0123456789".as_ptr().cast::<c_void>();
        assert_eq!(ok(libc::pwrite(fd, text, 10, 4) as i64), Ok(10));
        assert_eq!(ok(libc::lseek(fd, 0, libc::SEEK_END)), Ok(14));
        assert_eq!(
            ok(libc::pread(fd, back.as_mut_ptr().cast(), 8, 2) as i64),
            Ok(8)
        );
        assert_eq!(&back, b"\0\x000\x31\x32\x33\x34\x35");
        assert_eq!(ok(libc::ftruncate(fd, 6)), Ok(0));
        assert_eq!(ok(libc::truncate(file.as_ptr(), 1 << 12)), Ok(0));
        let mut about: libc::stat = std::mem::zeroed();
        assert_eq!(ok(libc::fstat(fd, &mut about)), Ok(0));
        assert!(about.st_size == 1 << 12 && about.st_nlink == 1 && about.st_blocks <= 8);
        assert_eq!(about.st_mode & libc::S_IFMT, libc::S_IFREG);
        // A copy of one's own.
        let private = libc::MAP_PRIVATE;
        let page = libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, private, fd, 0);
        assert!(page != libc::MAP_FAILED && *page.cast::<u8>().add(4) == b'0');
        assert_eq!(ok(libc::munmap(page, 4096)), Ok(0));
        assert_eq!(ok(libc::rename(file.as_ptr(), other.as_ptr())), Ok(0));
        assert_eq!(
            ok(libc::access(file.as_ptr(), libc::F_OK)),
            Err(libc::ENOENT)
        );
        assert_eq!(ok(libc::access(other.as_ptr(), libc::W_OK)), Ok(0));
        assert_eq!(ok(libc::rmdir(dir.as_ptr())), Err(libc::ENOTEMPTY));
        assert_eq!(
            ok(libc::rename(other.as_ptr(), dir.as_ptr())),
            Err(libc::EISDIR)
        );
        assert_eq!(
            ok(libc::symlink(dir.as_ptr(), file.as_ptr())),
            Err(libc::EPERM)
        );
        assert_eq!(ok(libc::chdir(dir.as_ptr())), Ok(0));
        assert_eq!(ok(libc::unlink(c"../d".as_ptr())), Ok(0));
        assert_eq!(ok(libc::chdir(c"/".as_ptr())), Ok(0));
        let read_only = ok(libc::open(c"/rom/std-fs".as_ptr(), libc::O_RDONLY)).unwrap() as c_int;
        assert_eq!(ok(libc::ftruncate(read_only, 0)), Err(libc::EINVAL));
        assert_eq!(ok(libc::rmdir(c"/tmp".as_ptr())), Err(libc::EBUSY));
        assert_eq!(ok(libc::close(read_only)), Ok(0));
        assert_eq!(ok(libc::write(fd, text, 1) as i64), Ok(1));
        assert_eq!(ok(libc::close(fd)), Ok(0));
        // What is not there says so, once.
        assert_eq!(ok(libc::epoll_create1(0)), Err(libc::ENOSYS));
        assert_eq!(ok(libc::epoll_create1(0)), Err(libc::ENOSYS));
    }
}

/// Where no descriptor is left, `open` creates no file.
pub fn check_limit(room: &Path) {
    let name = room.join("too-many");
    let path = CString::new(name.display().to_string()).unwrap();
    let mut open = Vec::new();
    let last = loop {
        match File::open("/dev/null") {
            Ok(file) => open.push(file),
            Err(error) => break error.raw_os_error(),
        }
    };
    assert_eq!(last, Some(libc::EMFILE));
    // SAFETY: the name is a string that ends with 0.
    let create = || ok(unsafe { libc::open(path.as_ptr(), libc::O_RDWR | libc::O_CREAT, 0o644) });
    assert_eq!(create(), Err(libc::EMFILE));
    assert!(!name.exists());
    // With one that is free the same call creates it.
    open.pop();
    let created = create().unwrap() as c_int;
    assert!(name.exists());
    // SAFETY: the descriptor is this function's own.
    assert_eq!(ok(unsafe { libc::close(created) }), Ok(0));
    std::fs::remove_file(name).unwrap();
}

use errno::{Errno, errno, set_errno};

fn main() {
    set_errno(Errno(libc::ENOENT));
    assert_eq!(errno().0, libc::ENOENT);
    assert_eq!(errno().to_string(), "No such file or directory");
    // SAFETY: no memory is passed.
    assert_eq!(unsafe { libc::close(-1) }, -1);
    assert_eq!(errno(), Errno(libc::EBADF));
    let other = std::thread::spawn(|| errno().0).join().unwrap();
    assert_eq!(other, 0);
    println!("ok");
}

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

fn main() {
    let file = rustix::fs::open("/rom/crates-rustix", OFlags::RDONLY, Mode::empty()).unwrap();
    let size = rustix::fs::fstat(&file).unwrap().st_size as u64;
    let mut begin = [0; 4];
    assert_eq!(rustix::io::read(&file, &mut begin).unwrap(), 4);
    assert_eq!(&begin, b"\x7fELF");
    assert_eq!(rustix::fs::seek(&file, rustix::fs::SeekFrom::End(0)).unwrap(), size);
    assert_eq!(rustix::fs::open("/nope", OFlags::RDONLY, Mode::empty()).unwrap_err(), Errno::NOENT);
    let (read, write) = rustix::pipe::pipe().unwrap();
    rustix::io::write(&write, b"x").unwrap();
    let mut ready = [PollFd::new(&read, PollFlags::IN)];
    assert_eq!(poll(&mut ready, None).unwrap(), 1);
    assert!(ready[0].revents().contains(PollFlags::IN));
    assert!(!rustix::system::uname().sysname().is_empty());
    assert!(rustix::process::getpid().as_raw_nonzero().get() > 0);
    let before = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let after = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    assert!(after >= before);
    println!("ok");
}

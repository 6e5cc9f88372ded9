use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::sys::stat::Mode;
use nix::{fcntl, unistd};
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

static SEEN: AtomicI32 = AtomicI32::new(0);

extern "C" fn handler(signal: i32) {
    SEEN.store(signal, SeqCst);
}

fn main() {
    let (read, write) = unistd::pipe().unwrap();
    assert_eq!(unistd::write(&write, b"abc").unwrap(), 3);
    let mut back = [0; 8];
    assert_eq!(unistd::read(&read, &mut back).unwrap(), 3);
    assert_eq!(fcntl::open("/nope", fcntl::OFlag::O_RDONLY, Mode::empty()).unwrap_err(), Errno::ENOENT);
    let action = SigAction::new(SigHandler::Handler(handler), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler only stores a number.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.unwrap();
    raise(Signal::SIGUSR1).unwrap();
    assert_eq!(SEEN.load(SeqCst), Signal::SIGUSR1 as i32);
    assert!(!unistd::gethostname().unwrap().is_empty());
    assert!(nix::sys::utsname::uname().is_ok());
    println!("ok");
}

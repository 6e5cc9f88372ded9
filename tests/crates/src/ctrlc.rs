use std::sync::mpsc;
use std::time::Duration;

fn main() {
    let (to, from) = mpsc::channel();
    ctrlc::set_handler(move || to.send(()).unwrap()).unwrap();
    assert!(ctrlc::set_handler(|| ()).is_err());
    // SAFETY: the handler is the crate's.
    unsafe { libc::raise(libc::SIGINT) };
    from.recv_timeout(Duration::from_secs(10)).unwrap();
    println!("ok");
}

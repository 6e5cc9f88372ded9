use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn main() {
    let lines = Lines::default();
    env_logger::Builder::new()
        .parse_filters("warn,env_logger::quiet=off")
        .target(env_logger::Target::Pipe(Box::new(lines.clone())))
        .init();
    log::warn!("seen {}", 1);
    log::info!("not seen");
    log::error!(target: "env_logger::quiet", "not seen either");
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("WARN") && text.contains("seen 1"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    println!("ok");
}

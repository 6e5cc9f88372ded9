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

#[tracing::instrument]
fn add(a: u32, b: u32) -> u32 {
    tracing::info!(sum = a + b, "added");
    a + b
}

fn main() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .init();
    assert_eq!(add(2, 3), 5);
    std::thread::spawn(|| tracing::warn!("from a thread")).join().unwrap();
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("add{a=2 b=3}") && text.contains("sum=5"), "{text}");
    assert!(text.contains("from a thread"), "{text}");
    println!("ok");
}

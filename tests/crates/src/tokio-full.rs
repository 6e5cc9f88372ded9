use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

#[tokio::main]
async fn main() {
    let (mut near, far) = tokio::io::duplex(16);
    let task = tokio::spawn(async move {
        let mut lines = BufReader::new(far).lines();
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            all.push(line);
        }
        all
    });
    near.write_all(b"one\ntwo, and longer than sixteen bytes\n").await.unwrap();
    drop(near);
    assert_eq!(task.await.unwrap(), ["one", "two, and longer than sixteen bytes"]);
    let mut begin = [0; 4];
    let mut file = tokio::fs::File::open("/rom/crates-tokio-full").await.unwrap();
    file.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"\x7fELF");
    let (first, second) = tokio::join!(
        tokio::time::timeout(Duration::from_millis(10), std::future::pending::<()>()),
        tokio::task::spawn_blocking(|| 5),
    );
    assert!(first.is_err());
    assert_eq!(second.unwrap(), 5);
    println!("ok");
}

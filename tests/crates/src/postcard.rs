use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Message {
    Ping(u32),
    Text { body: String, tags: Vec<u8> },
}

fn main() {
    assert_eq!(postcard::to_stdvec(&Message::Ping(300)).unwrap(), [0, 0xac, 0x02]);
    let text = Message::Text { body: "é".to_owned(), tags: vec![1, 2] };
    let bytes = postcard::to_allocvec(&text).unwrap();
    assert_eq!(postcard::from_bytes::<Message>(&bytes).unwrap(), text);
    assert!(postcard::from_bytes::<Message>(&bytes[..3]).is_err());
    println!("ok");
}

use std::io::{Read, Write};

use socket2::{Domain, SockAddr, Socket, Type};

fn main() {
    let (mut a, mut b) = Socket::pair(Domain::UNIX, Type::STREAM, None).unwrap();
    a.write_all(b"ping").unwrap();
    let mut got = [0; 4];
    b.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"ping");
    let address = SockAddr::from(std::net::SocketAddr::from(([127, 0, 0, 1], 80)));
    assert_eq!(address.as_socket_ipv4().unwrap().port(), 80);
    println!("ok");
}

use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Loopback, Medium};
use smoltcp::socket::tcp;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};

fn socket() -> tcp::Socket<'static> {
    let buffer = || tcp::SocketBuffer::new(vec![0; 1_024]);
    tcp::Socket::new(buffer(), buffer())
}

fn main() {
    let mut device = Loopback::new(Medium::Ethernet);
    let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, 1]).into());
    let mut net = Interface::new(config, &mut device, Instant::now());
    net.update_ip_addrs(|list| list.push(IpCidr::new(IpAddress::v4(127, 0, 0, 1), 8)).unwrap());
    let mut sockets = SocketSet::new(Vec::new());
    let (server, client) = (sockets.add(socket()), sockets.add(socket()));
    sockets.get_mut::<tcp::Socket>(server).listen(1234).unwrap();
    let to = (IpAddress::v4(127, 0, 0, 1), 1234);
    sockets.get_mut::<tcp::Socket>(client).connect(net.context(), to, 65_000).unwrap();
    let mut got = Vec::new();
    let mut sent = false;
    for millis in 0..1_000 {
        net.poll(Instant::from_millis(millis), &mut device, &mut sockets);
        let client = sockets.get_mut::<tcp::Socket>(client);
        if client.can_send() && !sent {
            client.send_slice(b"by TCP").unwrap();
            sent = true;
        }
        let server = sockets.get_mut::<tcp::Socket>(server);
        if server.can_recv() {
            server.recv(|data| (data.len(), got.extend_from_slice(data))).unwrap();
        }
    }
    assert_eq!(got, b"by TCP");
    println!("ok");
}

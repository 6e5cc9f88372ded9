use futures::channel::mpsc;
use futures::executor::{ThreadPool, block_on};
use futures::future::join;
use futures::task::SpawnExt;
use futures::{SinkExt, StreamExt, stream};

fn main() {
    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    let (mut to, from) = mpsc::channel(1);
    pool.spawn(async move {
        for n in 0..10 {
            to.send(n).await.unwrap();
        }
    })
    .unwrap();
    let far = pool.spawn_with_handle(async { 40 }).unwrap();
    let near = stream::iter(0..3).map(|n| async move { n }).buffered(2).collect::<Vec<_>>();
    let (all, (far, near)) = block_on(join(from.collect::<Vec<u32>>(), join(far, near)));
    assert_eq!(all, (0..10).collect::<Vec<_>>());
    assert_eq!((far, near), (40, vec![0, 1, 2]));
    println!("ok");
}

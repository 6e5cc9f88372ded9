//! Two writers of one ring.

use l4re::ring::{Bells, Heap, Sender};

fn two_senders() {
    let memory = Heap::new(4096);
    let one = Sender::new(memory.clone(), Bells::NONE); //~ no method named `clone`
    let two = Sender::new(memory, Bells::NONE);
}

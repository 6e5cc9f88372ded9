use super::*;
use crate::cap::CapSlot;
use alloc::vec;
use alloc::vec::Vec;
use l4re_sys::{fake, proto};

/// Runs `body` where every dataspace is `memory`, of `size` bytes.
fn with_memory<R>(memory: &mut [u64], size: u64, body: impl FnOnce() -> R) -> R {
    crate::cap_alloc::init(0x1000);
    let address = memory.as_mut_ptr().expose_provenance() as u64;
    let answer = move |call: fake::Call| match call.tag.label() {
        proto::DATASPACE => call.reply(0, &[size, 7]),
        proto::RM => call.reply(0, &[address, size]),
        _ => fake::Reply::label(0),
    };
    fake::with(answer, body)
}

fn memory_cap() -> OwnedCap<Dataspace> {
    CapSlot::alloc().unwrap().filled()
}

fn rm() -> Cap<Rm> {
    crate::env::published().rm()
}

fn event(code: u16) -> Event {
    Event {
        time: 0,
        kind: 1,
        code,
        value: -7,
        stream_id: u64::MAX,
    }
}

#[test]
fn events_go_round_in_order() {
    let mut memory = vec![0xaaaa_u64; 12];
    // Three places, and a rest.
    with_memory(&mut memory, 95, || {
        let mut writer = Writer::attach(rm(), memory_cap()).unwrap();
        let mut reader = Buffer::attach(rm(), memory_cap()).unwrap();
        assert!(reader.next().is_none());
        for round in 0..20 {
            let n = 1 + round % 3;
            let codes: Vec<u16> = (0..n).map(|i| round * 3 + i).collect();
            assert!(codes.iter().all(|code| writer.put(event(*code))));
            if n == 3 {
                assert!(!writer.put(event(999)), "there is no room");
            }
            let read: Vec<_> = core::iter::from_fn(|| reader.next()).collect();
            assert_eq!(read.iter().map(|e| e.code).collect::<Vec<_>>(), codes);
            let all = |e: &Event| (e.time, e.kind, e.value, e.stream_id) == (1, 1, -7, u64::MAX);
            assert!(read.iter().all(all));
        }
    });
    // Behind the third place nothing was touched.
    assert_eq!(memory[9..], [0xaaaa; 3]);
}

#[test]
fn an_event_stands_as_in_c() {
    let mut memory = vec![0; 6];
    with_memory(&mut memory, 48, || {
        let mut writer = Writer::attach(rm(), memory_cap()).unwrap();
        let time = 0x1122;
        assert!(writer.put(Event {
            time,
            ..event(0x33)
        }));
    });
    let payload = 1 | 0x33 << 16 | u64::from(-7i32 as u32) << 32;
    assert_eq!(memory, [0x1122, payload, u64::MAX, 0, 0, 0]);
}

#[test]
fn what_the_other_side_writes_is_any_event_and_never_more() {
    let mut memory = vec![u64::MAX; 9];
    with_memory(&mut memory, 72, || {
        let mut reader = Buffer::attach(rm(), memory_cap()).unwrap();
        // Every place seems full; each is read once.
        let read: Vec<_> = core::iter::from_fn(|| reader.next()).collect();
        assert_eq!(read.len(), 3);
        assert!(read.iter().all(|e| e.time == -1 && e.value == -1));
    });
    assert!((0..3).all(|place| memory[3 * place] == 0));
}

#[test]
fn a_buffer_that_holds_no_event_is_refused() {
    let mut memory = vec![0; 3];
    for size in [0, 1, 23] {
        let refused = with_memory(&mut memory, size, || {
            Buffer::attach(rm(), memory_cap()).err()
        });
        assert_eq!(refused, Some(Error::INVALID), "{size}");
    }
}

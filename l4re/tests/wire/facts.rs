//! The facts, and comparing with them.

use crate::Sent;
use l4re::sys::{Sysf, TagFlags, Timeout};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

static FACTS: LazyLock<Json> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../l4re-sys/data/rpc.json")).expect("facts")
});

/// The operations that messages have been held to.
static HELD: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

/// Checks that a message was held to each of C's operations, but for those that are excused.
pub fn all_are_held(excused: &[(&str, &str, &str)]) {
    let held = HELD.lock().expect("the list");
    let facts = FACTS["c_protocols"].as_array().expect("a list");
    let missing: BTreeSet<_> = facts
        .iter()
        .map(|fact| (fact["interface"].as_str(), fact["op"].as_str()))
        .map(|(interface, op)| (interface.expect("a name"), op.expect("a name")))
        .filter(|(interface, op)| !held.contains(&((*interface).into(), (*op).into())))
        .collect();
    let excused: BTreeSet<_> = excused.iter().map(|(i, op, _)| (*i, *op)).collect();
    assert_eq!(missing, excused, "left: not held; right: excused");
}

fn find<'a>(list: &'a Json, keys: &[(&str, &str)]) -> &'a Json {
    let list = list.as_array().expect("a list");
    let mut matching = list
        .iter()
        .filter(|row| keys.iter().all(|(key, value)| row[key] == *value));
    matching
        .next()
        .unwrap_or_else(|| panic!("no fact of {keys:?}"))
}

fn number(json: &Json) -> i64 {
    json.as_i64()
        .unwrap_or_else(|| panic!("{json} is no number"))
}

/// Holds a message to what the C function, or the hand-written C++ one, of an operation sends.
/// `words` are arguments, by register; a register that the facts call unused is not looked at.
pub fn hold_to_c(sent: &Sent, interface: &str, op: &str, words: &[(usize, u64)]) {
    let fact = find(
        &FACTS["c_protocols"],
        &[("interface", interface), ("op", op)],
    );
    let what = format!("{interface}::{op}");
    let row = (interface.to_owned(), op.to_owned());
    HELD.lock().expect("the list").insert(row);
    assert_eq!(sent.label, number(&fact["tag_label"]), "{what}: label");
    assert_eq!(
        sent.words.len() as i64,
        number(&fact["words"]),
        "{what}: words"
    );
    assert_eq!(
        sent.items.len() as i64,
        number(&fact["items"]),
        "{what}: items"
    );
    let flags = match fact["tag_flags"].as_str() {
        Some("0") => TagFlags::empty(),
        Some("L4_MSGTAG_SCHEDULE") => TagFlags::SCHEDULE,
        other => panic!("{other:?}"),
    };
    assert_eq!(sent.tag_flags, flags, "{what}: flags");
    let phases = match fact["mode"].as_str() {
        Some("call") => Sysf::CALL,
        Some("send") => Sysf::SEND,
        other => panic!("{other:?}"),
    };
    assert_eq!(sent.flags, phases, "{what}: phases");
    let timeout = match fact["timeout"].as_str() {
        Some("L4_IPC_NEVER") => Timeout::NEVER,
        Some("L4_IPC_BOTH_TIMEOUT_0") => Timeout::BOTH_ZERO,
        other => panic!("{other:?}"),
    };
    assert_eq!(sent.timeout, timeout, "{what}: timeout");
    for (register, word) in words {
        assert_eq!(sent.words[*register], *word, "{what}: register {register}");
    }
    for item in &sent.items {
        assert_eq!(item.0, 8, "{what}: control word of the item");
    }
    assert_eq!(sent.bdr, 0, "{what}: buffer descriptor");
    if let Some(window) = fact["buffers"].as_str()
        && window.contains("l4_fpage(")
    {
        let [control, fpage] = sent.buffers[..] else {
            panic!("{what}: buffers");
        };
        assert!(control == 8 && fpage != 0, "{what}: receive window");
    } else if fact["buffers"].is_string() {
        assert_eq!(sent.buffers.len(), 1, "{what}: buffers");
        assert_eq!(
            sent.buffers[0] & 0xfff,
            0xa,
            "{what}: buffer of a capability"
        );
    } else if phases == Sysf::CALL {
        assert!(sent.buffers.is_empty(), "{what}: buffers");
    }
}

/// Holds a message to what the C++ framework sends for an operation: its arguments, by name,
/// stand where the framework puts them. Strings are looked at by their lengths.
pub fn hold_to_rpc(sent: &Sent, interface: &str, op: &str, args: &[(&str, u64)]) {
    let interface_fact = find(&FACTS["interfaces"], &[("cxx", interface)]);
    let fact = find(&interface_fact["rpcs"], &[("name", op)]);
    let what = format!("{interface}::{op}");
    let sample = &fact["sample_request"];
    assert_eq!(sent.label, number(&sample["tag_label"]), "{what}: label");
    let bytes = sent.bytes();
    let value = |at: i64, size: i64| {
        let mut word = [0; 8];
        let at = at as usize;
        word[..size as usize].copy_from_slice(&bytes[at..at + size as usize]);
        u64::from_le_bytes(word)
    };
    let size = number(&FACTS["target"]["opcode_bytes_default"]);
    assert_eq!(
        value(0, size) as i64,
        number(&fact["opcode"]),
        "{what}: opcode"
    );
    let (mut items, mut has_string) = (0, false);
    for arg in fact["args"].as_array().expect("arguments") {
        let name = arg["name"].as_str().expect("a name");
        let expected = args
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| *value);
        match arg["kind"].as_str().expect("a kind") {
            "cap_send" => {
                if let Some(cap) = expected {
                    let (control, fpage) = sent.items[items];
                    assert_eq!((control, fpage & !0xfff), (8, cap), "{what}: {name}");
                    items += 1;
                }
            }
            "receive_window" => {
                assert_eq!(sent.buffers[0], 8, "{what}: {name}");
                assert_eq!(Some(sent.buffers[1]), expected, "{what}: {name}");
            }
            "receive_cap_slot" | "cap_receive" => {
                assert_eq!(sent.buffers[0] & 0xfff, 0xa, "{what}: {name}");
            }
            "value" if arg["dir"] != "out" => {
                let expected = expected.unwrap_or_else(|| panic!("{what}: {name} is an argument"));
                // The facts count strings of three elements.
                let at = number(&arg["request_offset"]);
                assert_eq!(value(at, number(&arg["size"])), expected, "{what}: {name}");
            }
            "string" | "array" | "array_ref" if arg["dir"] != "out" => {
                let expected = expected.unwrap_or_else(|| panic!("{what}: {name} is an argument"));
                let at = number(&arg["request_length_offset"]);
                assert_eq!(value(at, 8), expected, "{what}: {name}");
                has_string = true;
            }
            _ => {}
        }
    }
    assert_eq!(sent.items.len(), items, "{what}: items");
    if !has_string {
        assert_eq!(
            sent.words.len() as i64,
            number(&sample["words"]),
            "{what}: words"
        );
    }
    assert_eq!(sent.flags, Sysf::CALL, "{what}: phases");
    assert_eq!(sent.timeout, Timeout::NEVER, "{what}: timeout");
    assert_eq!(sent.bdr, 0, "{what}: buffer descriptor");
}

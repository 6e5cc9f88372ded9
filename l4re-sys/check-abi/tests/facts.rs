//! Holds `l4re-sys` to the facts of June 2026: every constant, size and offset that it defines.
//!
//! Definitions are found in two ways that must agree: the crate's macros record what they
//! define, and the sources are read. What stands outside of the macros, or has no fact, needs
//! an excuse with a reason.

use check_abi::compare::{self, Difference, What, compare, same};
use check_abi::excuses::{DEFINED_OUTSIDE, PROBED};
use check_abi::probes::PROBES;
use check_abi::{changes, cover, own_facts};
use l4re_sys::facts::Value;
use l4re_tree::facts::Number;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn lines(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(Difference::to_string).collect()
}

#[test]
fn everything_is_as_in_the_headers_of_june_2026() {
    let report = compare(&own_facts().unwrap());
    assert!(
        report.differences.is_empty(),
        "{:#?}",
        lines(&report.differences)
    );
    assert!(report.constants > 450 && report.types >= 30, "{report:?}");
}

#[test]
fn the_sources_define_nothing_that_is_not_compared() {
    let complaints = cover::complaints(cover::own_crate()).unwrap();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// What is excused because a probe holds it is held by one.
#[test]
fn every_probe_holds_what_it_says() {
    let probed = |(name, reason): &(&'static str, &str)| (*reason == PROBED).then_some(*name);
    let excused: BTreeSet<&str> = DEFINED_OUTSIDE.iter().filter_map(probed).collect();
    let held: BTreeSet<&str> = PROBES
        .iter()
        .flat_map(|probe| probe.holds)
        .copied()
        .collect();
    assert_eq!(excused, held);
    let mut facts = own_facts().unwrap();
    for probe in PROBES {
        let fact = facts.inline.get_mut(probe.c).unwrap();
        fact.value = Number(fact.value.0 ^ 1);
    }
    let report = compare(&facts);
    assert_eq!(report.differences.len(), PROBES.len(), "{report:?}");
}

/// The check itself: what is not recorded must not pass.
#[test]
fn what_is_defined_elsewhere_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let src = dir.path().join("src/op");
    fs::create_dir_all(&src).unwrap();
    fs::write(
        src.join("new.rs"),
        "pub const OPCODE: u64 = 7;\n#[repr(C)] pub struct S(u8);",
    )
    .unwrap();
    let complaints = cover::complaints(dir.path()).unwrap();
    for name in ["op/new::OPCODE", "op/new::S"] {
        let one = complaints.iter().find(|line| line.starts_with(name));
        assert!(
            one.is_some_and(|line| line.contains("defined outside")),
            "{complaints:#?}"
        );
    }
    assert!(
        complaints
            .iter()
            .any(|line| line.contains("define 0 constants"))
    );
}

/// The check itself: a wrong number must not pass.
#[test]
fn wrong_numbers_do_not_pass() {
    let v = |value, bits| Value { value, bits };
    assert!(same(-2048, v(0xffff_ffff_ffff_f800, 64)));
    assert!(same(-2147483648, v(0x8000_0000, 32)));
    assert!(!same(-2048, v(0xffff_ffff_ffff_f801, 64)));
    assert!(!same(0x1_0000_0001, v(1, 32)));
    assert!(!same(7, v(8, 8)));
}

#[test]
fn changes_are_told_by_name() {
    let own = own_facts().unwrap();
    let mut other = own.clone();
    other.enums.get_mut("L4_PROTO_IRQ").unwrap().value = Number(-3);
    other.macros.get_mut("L4_PAGESIZE").unwrap().header = "l4/sys/else.h".to_owned();
    other.macros.remove("L4_CAP_SHIFT");
    other.cxx.constants.get_mut("L4Re::Rm::find").unwrap().value = Number(9);
    for name in ["struct l4_vcon_attr_t", "l4_vcon_attr_t"] {
        let ty = other.types.get_mut(name).unwrap();
        ty.size += 4;
        ty.fields.as_mut().unwrap().remove(0);
    }
    other
        .enums
        .insert("L4_NEW".to_owned(), own.enums["L4_PROTO_IRQ"].clone());

    let report = compare(&other);
    let text = lines(&report.differences).join("\n");
    for line in [
        "L4_PROTO_IRQ (l4/sys/types.h): the value is -3; l4re_sys::proto::IRQ has -1",
        "L4_PAGESIZE is in l4/sys/else.h; l4re_sys::consts::PAGE_SIZE has it from l4/sys/consts.h",
        "L4_CAP_SHIFT is not in the headers; l4re_sys::cap::",
        "L4Re::Rm::find (l4/re/rm): the number is 9; l4re_sys::re::rm::FIND has 2",
        "l4_vcon_attr_t (l4/sys/vcon.h): the size is 28; l4re_sys::op::vcon::VconAttr has 24",
        "l4_vcon_attr_t.i_flags is not in the headers; l4re_sys::op::vcon::VconAttr is it",
    ] {
        assert!(text.contains(line), "lacks {line}:\n{text}");
    }
    assert_eq!(report.gone(), 2, "{text}");

    let list = changes::list(&own, &other).join("\n");
    for line in [
        "~ constant L4_PROTO_IRQ is -3, was -1",
        "- macro L4_CAP_SHIFT is gone",
        "+ constant L4_NEW is new",
        "~ type struct l4_vcon_attr_t has 28 bytes, had 24, has no field i_flags any more",
    ] {
        assert!(list.contains(line), "lacks {line}:\n{list}");
    }
}

#[test]
fn the_command_ends_with_a_status() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("facts.json");
    let run = |facts: &str| {
        fs::write(&file, facts).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_check-abi"));
        let out = command.arg("--facts").arg(&file).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        (out.status.code(), text.into_owned())
    };
    let mut facts = own_facts().unwrap();
    let (status, text) = run(&facts.text());
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains(": 0 differences"), "{text}");
    facts.enums.get_mut("L4_PROTO_IRQ").unwrap().value = Number(5);
    let (status, text) = run(&facts.text());
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("L4_PROTO_IRQ") && text.contains(": 1 differences"),
        "{text}"
    );
    let (status, text) = run("{");
    assert_eq!(status, Some(72), "{text}");
    assert!(text.contains("holds no facts"), "{text}");
}

/// What the two files of facts both say, they say alike.
#[test]
fn operations_have_the_numbers_of_the_rpc_facts() {
    let rpc: Json = serde_json::from_str(include_str!("../../data/rpc.json")).unwrap();
    let own = own_facts().unwrap();
    let mut compared = 0;
    for interface in rpc["interfaces"].as_array().unwrap() {
        for operation in interface["rpcs"].as_array().unwrap() {
            let name = format!(
                "{}::{}",
                interface["cxx"].as_str().unwrap(),
                operation["name"].as_str().unwrap()
            );
            if let Some(fact) = own.constant(&name) {
                assert_eq!(
                    operation["opcode"].as_i64().map(i128::from),
                    Some(fact.value.0),
                    "{name}"
                );
                assert_eq!(interface["header"], fact.header, "{name}");
                compared += 1;
            }
        }
    }
    let operations = compare::constants().filter(|constant| constant.name.contains("::"));
    assert!(
        compared > 20 && compared <= operations.count(),
        "{compared}"
    );
}

#[test]
fn nothing_is_both_gone_and_different() {
    let report = compare(&l4re_tree::Facts::default());
    assert_eq!(report.differences.len(), report.constants + report.types);
    assert!(
        report
            .differences
            .iter()
            .all(|difference| difference.what == What::Gone)
    );
}

/// The command over a folder of headers: its status, and what it writes.
fn over_headers(dir: &Path, more: &[&str], libclang: Option<&Path>) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_check-abi"));
    command.arg("--headers").arg(dir).args(more);
    if let Some(folder) = libclang {
        command.env("LIBCLANG_PATH", folder);
    }
    let out = command.output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    (out.status.code(), text.into_owned())
}

/// The C headers of the SDK have everything of the C interface, and one that loses or changes a
/// constant or a field is noticed.
#[test]
fn headers_that_lose_a_name_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    l4re_c_headers::write(dir.path()).unwrap();
    let (status, text) = over_headers(dir.path(), &[], None);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains(": 0 differences, "), "{text}");

    let edit = |header: &str, from: &str, to: &str| {
        let file = dir.path().join(header);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{header} has no {from}");
        fs::write(file, text.replace(from, to)).unwrap();
    };
    edit("l4/sys/vcon.h", "L4_VCON_ECHO", "L4_VCON_ECHOES");
    edit("l4/re/c/dataspace.h", "size", "length");
    let (status, text) = over_headers(dir.path(), &[], None);
    assert_eq!(status, Some(1), "{text}");
    for line in [
        "L4_VCON_ECHO is not in the headers; l4re_sys::op::vcon::L_ECHO",
        "l4re_ds_stats_t.size is not in the headers",
    ] {
        assert!(text.contains(line), "lacks {line}:\n{text}");
    }
    assert!(!text.contains("::MAP is not"), "C++ is not due:\n{text}");
    let (status, text) = over_headers(dir.path(), &["--partly"], None);
    assert_eq!(status, Some(0), "{text}");
}

#[test]
fn without_libclang_a_message_tells_what_mends_it() {
    let empty = tempfile::tempdir().unwrap();
    let (status, text) = over_headers(empty.path(), &[], Some(empty.path()));
    assert_eq!(status, Some(72), "{text}");
    for part in [
        "libclang, which reads the C headers, is missing",
        &format!("LIBCLANG_PATH={}", empty.path().display()),
        "apt-get install libclang-dev",
    ] {
        assert!(text.contains(part), "lacks {part}:\n{text}");
    }
}

//! Holds the crate to the facts in `data/`: every constant, size and offset that it defines.
//!
//! Definitions are found in two ways that must agree: the crate's macros record what they
//! define, and the sources are read. What stands outside of the macros, or has no fact, needs
//! an excuse with a reason below.

mod excuses;
mod sources;

use excuses::{CONSTANTS_WITHOUT_FACT, NEWTYPES};
use l4re_sys::facts::{Const, FLAGS, LAYOUTS, Layout, MODULES, Value};
use serde_json::Value as Json;
use std::collections::BTreeSet;

struct Facts {
    headers: Json,
    rpc: Json,
}

impl Facts {
    fn load() -> Self {
        let load = |text| serde_json::from_str(text).expect("the facts are JSON");
        Facts {
            headers: load(include_str!("../../data/l4re-2026-06-amd64.json")),
            rpc: load(include_str!("../../data/rpc.json")),
        }
    }

    /// Header and value of a constant, or of an operation of a C++ interface.
    fn constant(&self, name: &str) -> Option<(String, i128)> {
        if let Some((interface, operation)) = name.rsplit_once("::") {
            let of_name = |list: &Json, key: &str, name: &str| {
                let list = list.as_array().expect("a list");
                list.iter().find(|entry| entry[key] == name).cloned()
            };
            let interface = of_name(&self.rpc["interfaces"], "cxx", interface)?;
            let operation = of_name(&interface["rpcs"], "name", operation)?;
            return Some((string(&interface["header"]), integer(&operation["opcode"])?));
        }
        let fact = ["enums", "macros"]
            .iter()
            .map(|kind| &self.headers[kind][name])
            .find(|fact| !fact.is_null())?;
        Some((string(&fact["header"]), integer(&fact["value"])?))
    }

    fn layout(&self, name: &str) -> Option<&Json> {
        if name.contains("::") {
            return self.rpc["structs"].get(name);
        }
        let types = &self.headers["types"];
        types
            .get(format!("struct {name}"))
            .or_else(|| types.get(name))
            // Those of the C library, as its clients send them.
            .or_else(|| self.rpc["structs"].get(name))
    }
}

fn string(json: &Json) -> String {
    json.as_str().expect("a string").to_owned()
}

fn integer(json: &Json) -> Option<i128> {
    json.as_i64()
        .map(i128::from)
        .or_else(|| json.as_u64().map(i128::from))
}

/// Whether a number of C is the number of Rust: equal in the bits of the Rust type, and no more
/// of it lost than its sign.
fn same(c: i128, rust: Value) -> bool {
    let range = 1i128 << rust.bits;
    let fits = (-range / 2..range).contains(&c);
    fits && c.rem_euclid(range) == rust.value.rem_euclid(range)
}

fn constants() -> impl Iterator<Item = &'static Const> {
    let modules = MODULES.iter().copied().flatten().copied();
    modules.chain(FLAGS.iter().copied()).flatten()
}

#[test]
fn every_constant_has_the_value_of_the_headers() {
    let facts = Facts::load();
    let mut wrong = Vec::new();
    let mut missing = BTreeSet::new();
    for constant in constants() {
        let Const { name, header, .. } = constant;
        let Some((fact_header, fact)) = facts.constant(name) else {
            missing.insert(*name);
            continue;
        };
        let value = (constant.value)();
        if !same(fact, value) {
            wrong.push(format!("{name} is {fact}, defined as {value:?}"));
        }
        if fact_header != *header {
            wrong.push(format!(
                "{name} is in {fact_header}, said to be in {header}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let excused: BTreeSet<_> = CONSTANTS_WITHOUT_FACT.iter().map(|(n, _)| *n).collect();
    assert_eq!(missing, excused, "left: no fact; right: excused");
}

#[test]
fn every_structure_is_laid_out_as_in_the_headers() {
    let facts = Facts::load();
    let mut wrong = Vec::new();
    for layout in LAYOUTS {
        let Layout { name, header, .. } = layout;
        let Some(fact) = facts.layout(name) else {
            wrong.push(format!("{name}: no fact"));
            continue;
        };
        let mut check = |what: &str, rust: usize, fact: &Json| {
            if integer(fact) != Some(rust as i128) {
                wrong.push(format!("{name}: {what} is {fact}, defined as {rust}"));
            }
        };
        check("the size", layout.size, &fact["size"]);
        if !fact["align"].is_null() {
            check("the alignment", layout.align, &fact["align"]);
        }
        let fields = fact["fields"].as_array().expect("fields");
        for field in layout.fields {
            let Some(fact) = fields.iter().find(|f| f["name"] == field.name) else {
                wrong.push(format!("{name}.{}: no fact", field.name));
                continue;
            };
            let mut check = |what: &str, rust: usize, fact: &Json| {
                if integer(fact) != Some(rust as i128) {
                    wrong.push(format!(
                        "{name}.{}: {what} is {fact}, not {rust}",
                        field.name
                    ));
                }
            };
            check("the offset", field.offset, &fact["offset"]);
            check("the size", field.size, &fact["size"]);
        }
        // The facts of C++ structures do not name the header.
        if !fact["header"].is_null() && fact["header"] != *header {
            wrong.push(format!("{name} is in {}, not {header}", fact["header"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn newtypes_are_as_large_as_in_the_headers() {
    let facts = Facts::load();
    for (rust_name, c_name, size) in NEWTYPES {
        let fact = facts.layout(c_name).unwrap_or_else(|| panic!("{c_name}"));
        assert_eq!(integer(&fact["size"]), Some(*size as i128), "{rust_name}");
    }
}

/// What the facts say that no table can hold: the rules by which words are put together.
#[test]
fn messages_are_put_together_as_by_the_headers() {
    use l4re_sys::*;
    let tag = MsgTag::new(-2, 5, 3, TagFlags::SCHEDULE);
    assert_eq!(tag.0, (-2i64 as u64) << 16 | 0x2000 | 3 << 6 | 5);
    let fpage = Fpage::memory(0x1234_5fff, 12, MemRights::RW);
    assert_eq!(fpage.raw(), 0x1234_5000 | 12 << 6 | 1 << 4 | 6);
    let obj = MapItem::cap(CapIdx::FACTORY, ObjRights::RWS);
    assert_eq!((obj.control, obj.fpage.raw()), (8, 0x2000 | 3 << 4 | 7));
    assert_eq!(RcvItem::single(CapIdx::LOG).0, 0x5000 | 0xa);
    assert_eq!(varg::VargTag::new(varg::UMWORD, 8).0, 1 | 8 << 16);
    assert_eq!(Timeout::SEND_ZERO.0, 0x0400_0000);
    assert_eq!(Timeout::RECV_ZERO.0, 0x0400);
    assert_eq!(Timeout::BOTH_ZERO.0, 0x0400_0400);
}

#[test]
fn the_sources_define_nothing_that_is_not_recorded() {
    let found = sources::scan();
    assert_eq!(
        found.constants,
        constants().count(),
        "left: constants in the sources; right: in the tables of src/facts.rs"
    );
    assert_eq!(
        found.structures,
        LAYOUTS.len(),
        "left: structures in the sources; right: in the tables of src/facts.rs"
    );
    let excused = excuses::DEFINED_OUTSIDE.iter();
    let excused: BTreeSet<_> = excused.map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(
        found.outside, excused,
        "left: defined outside of the macros; right: excused"
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
    assert!(Facts::load().constant("L4_NO_SUCH_THING").is_none());
    assert!(Facts::load().constant("L4Re::Rm::no_such_thing").is_none());
}

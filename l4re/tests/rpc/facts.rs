//! The facts of L4Re's interfaces, as the tests need them.

use serde_json::Value as Json;
use std::sync::LazyLock;

/// All interfaces, in the facts' order.
pub static INTERFACES: LazyLock<Vec<Interface>> = LazyLock::new(|| {
    let facts: Json =
        serde_json::from_str(include_str!("../../../l4re-sys/data/rpc.json")).expect("facts");
    let list = facts["interfaces"].as_array().expect("a list");
    list.iter()
        .map(|json| Interface::of(json, &facts["structs"]))
        .collect()
});

/// An interface of L4Re's C++ headers.
#[derive(Debug)]
pub struct Interface {
    /// Its C++ name.
    pub name: String,
    pub protocol: i64,
    pub bases: Vec<String>,
    pub ops: Vec<Op>,
}

/// An operation.
#[derive(Debug)]
pub struct Op {
    pub interface: String,
    pub name: String,
    pub protocol: i64,
    /// The size of the operation's number in bytes; 0 if there is none.
    pub opcode_size: usize,
    pub opcode: u64,
    /// It is not answered.
    pub send_only: bool,
    /// The bits of the label that must be set: rights.
    pub rights: u64,
    pub args: Vec<Arg>,
}

/// An argument.
#[derive(Debug)]
pub struct Arg {
    pub name: String,
    pub is_in: bool,
    pub is_out: bool,
    pub optional: bool,
    pub kind: Kind,
    /// Where the facts say that it stands, in bytes: its length, if it has one.
    pub request_at: Option<usize>,
    pub reply_at: Option<usize>,
}

/// What an argument is.
#[derive(Debug)]
pub enum Kind {
    /// A value; the bytes that are not padding.
    Value { align: usize, used: Vec<bool> },
    /// Elements behind their number, which takes `len` bytes.
    List {
        len: usize,
        size: usize,
        align: usize,
        is_string: bool,
    },
    /// Elements whose number is the label.
    Counted { used: Vec<bool> },
    /// Values with their types.
    Varg,
    /// A capability that goes along.
    Cap,
    /// A capability that comes back: the client has a slot ready.
    Slot,
    /// A slot, or a window, that the server sees nothing of.
    Window { slot: bool },
    /// What comes back as an item.
    Fpage,
}

impl Interface {
    fn of(json: &Json, structs: &Json) -> Self {
        let name = text(&json["cxx"]);
        let opcode_size = json["opcode_size"].as_u64().unwrap_or(0) as usize;
        let protocol = json["protocol"].as_i64().expect("a protocol");
        let rpcs = json["rpcs"].as_array().cloned().unwrap_or_default();
        let ops = rpcs.iter().map(|rpc| Op {
            interface: name.clone(),
            name: text(&rpc["name"]),
            protocol,
            opcode_size,
            opcode: rpc["opcode"].as_i64().unwrap_or(0) as u64,
            send_only: rpc["mode"] == "send_only",
            rights: match rpc["rights_required"].as_str() {
                Some("W") => 1,
                Some("S") => 2,
                None => 0,
                other => panic!("{other:?}"),
            },
            args: list(&rpc["args"])
                .map(|arg| Arg::of(arg, structs))
                .collect(),
        });
        Interface {
            protocol,
            bases: list(&json["bases"]).map(text).collect(),
            ops: ops.collect(),
            name,
        }
    }
}

impl Arg {
    fn of(json: &Json, structs: &Json) -> Self {
        let dir = json["dir"].as_str().expect("a direction");
        let size = |key: &str| json[key].as_u64().map(|n| n as usize);
        let need = |key: &str| size(key).unwrap_or_else(|| panic!("{json}: {key}"));
        let kind = match json["kind"].as_str().expect("a kind") {
            "value" => Kind::Value {
                align: need("align"),
                used: used(json, structs, need("size")),
            },
            kind @ ("string" | "array" | "array_ref") => Kind::List {
                len: need("length_bits") / 8,
                size: need("elem_size"),
                align: need("elem_align"),
                is_string: kind == "string",
            },
            "ret_array" => Kind::Counted {
                used: used(json, structs, need("elem_size")),
            },
            "varg_list" => Kind::Varg,
            "cap_send" => Kind::Cap,
            "cap_receive" => Kind::Slot,
            "receive_cap_slot" => Kind::Window { slot: true },
            "receive_window" => Kind::Window { slot: false },
            "fpage_out" => Kind::Fpage,
            other => panic!("{other}"),
        };
        Arg {
            name: text(&json["name"]),
            is_in: dir != "out",
            is_out: dir != "in",
            optional: json["optional"] == true,
            kind,
            request_at: size("request_length_offset").or(size("request_offset")),
            reply_at: size("reply_length_offset").or(size("reply_offset")),
        }
    }
}

/// Which bytes of a type are no padding.
fn used(json: &Json, structs: &Json, size: usize) -> Vec<bool> {
    let cxx = json["cxx_type"].as_str().expect("a type");
    let inner = cxx
        .rsplit_once('<')
        .map_or(cxx, |(_, inner)| inner.trim_end_matches(['>', ' ']));
    let name = inner
        .trim_start_matches("const ")
        .trim_start_matches("struct ")
        .trim_end_matches(['*', '&', ' ']);
    // A type of the facts' own name may be one that they know by C's.
    let known = ["", "L4Re::", "L4Re::Rm::"]
        .iter()
        .find_map(|prefix| structs.get(format!("{prefix}{name}")));
    let Some(known) = known else {
        return vec![true; size];
    };
    let mut used = vec![false; size];
    for field in list(&known["fields"]) {
        let at = field["offset"].as_u64().expect("an offset") as usize;
        let len = field["size"].as_u64().expect("a size") as usize;
        used[at..at + len].fill(true);
    }
    used
}

fn list(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().into_iter().flatten()
}

fn text(json: &Json) -> String {
    json.as_str().expect("text").to_owned()
}

/// The interface of a C++ name.
pub fn interface(name: &str) -> &'static Interface {
    let found = INTERFACES.iter().find(|i| i.name == name);
    found.unwrap_or_else(|| panic!("no facts of {name}"))
}

/// An operation of an interface.
pub fn op(interface: &str, name: &str) -> &'static Op {
    let ops = &self::interface(interface).ops;
    let found = ops.iter().find(|op| op.name == name);
    found.unwrap_or_else(|| panic!("no facts of {interface}::{name}"))
}

/// The interface and all that it inherits, in the order in which a server looks for a protocol;
/// but for what all objects are.
pub fn with_bases(name: &str) -> Vec<&'static Interface> {
    let this = interface(name);
    let bases = this.bases.iter().filter(|base| *base != "L4::Kobject");
    let mut all = vec![this];
    all.extend(bases.flat_map(|base| with_bases(base)));
    all
}

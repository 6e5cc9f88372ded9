//! The facts: what a compiler reads from L4Re's headers.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::workspace::Workspace;

/// All of them.
pub struct Facts {
    /// Messages.
    pub rpc: Rpc,
    /// Numbers and layouts.
    pub headers: Headers,
}

/// `rpc.json`, as far as the reference shows it.
#[derive(Deserialize)]
pub struct Rpc {
    pub interfaces: Vec<Interface>,
    pub c_protocols: Vec<Operation>,
    pub kernel_sent: Vec<KernelMessage>,
}

/// An interface in C++.
#[derive(Deserialize)]
pub struct Interface {
    pub cxx: String,
    pub header: Option<String>,
    pub protocol: i64,
    pub protocol_symbol: String,
    pub bases: Vec<String>,
    pub opcode_size: Option<u32>,
    #[serde(default)]
    pub rpcs: Vec<Call>,
}

/// An operation of an interface in C++.
#[derive(Deserialize)]
pub struct Call {
    pub name: String,
    pub opcode: Option<i64>,
    pub opcode_symbol: Option<String>,
    pub mode: String,
    pub rights_required: Option<String>,
    pub args: Vec<Argument>,
}

/// An argument of an operation in C++.
#[derive(Deserialize)]
pub struct Argument {
    pub name: String,
    pub dir: String,
    pub optional: bool,
    pub kind: String,
    pub size: Option<u64>,
    pub elem_size: Option<u64>,
    pub length_bits: Option<u64>,
    pub request_offset: Option<u64>,
    pub reply_offset: Option<u64>,
    pub request_length_offset: Option<u64>,
    pub reply_length_offset: Option<u64>,
    pub request_data_offset: Option<u64>,
    pub reply_data_offset: Option<u64>,
}

/// An operation whose message is put together by hand, in C.
#[derive(Deserialize)]
pub struct Operation {
    pub interface: String,
    pub op: String,
    pub header: String,
    pub mode: String,
    pub tag_label_symbol: String,
    pub words: u32,
    pub items: u32,
    pub message: Vec<Word>,
    pub note: Option<String>,
}

/// A word of a message.
#[derive(Deserialize)]
pub struct Word {
    pub mr: u32,
    pub what: String,
}

/// A message that the kernel sends.
#[derive(Deserialize)]
pub struct KernelMessage {
    pub message: String,
    pub label: i64,
    pub words: u32,
    pub items: u32,
    pub mr: Vec<String>,
    pub reply: Option<String>,
}

/// `l4re-2026-06-amd64.json`, as far as the reference shows it.
#[derive(Deserialize)]
pub struct Headers {
    pub enums: BTreeMap<String, Number>,
    pub macros: BTreeMap<String, Number>,
}

/// A constant.
#[derive(Deserialize)]
pub struct Number {
    pub value: serde_json::Number,
}

impl Facts {
    /// Reads them.
    pub fn read(ws: &Workspace) -> Result<Facts> {
        Ok(Facts {
            rpc: read(ws, "rpc.json")?,
            headers: read(ws, "l4re-2026-06-amd64.json")?,
        })
    }

    /// The value of a constant, or the number of an operation (`L4Re::Rm::attach`).
    pub fn value(&self, c_name: &str) -> Option<i128> {
        if let Some((interface, call)) = c_name.rsplit_once("::") {
            let interface = self.rpc.interfaces.iter().find(|i| i.cxx == interface)?;
            let call = interface.rpcs.iter().find(|c| c.name == call)?;
            return call.opcode.map(i128::from);
        }
        let number =
            (self.headers.enums.get(c_name)).or_else(|| self.headers.macros.get(c_name))?;
        let value = &number.value;
        (value.as_i64().map(i128::from)).or_else(|| value.as_u64().map(i128::from))
    }
}

fn read<T: DeserializeOwned>(ws: &Workspace, name: &str) -> Result<T> {
    let file = ws.root.join("l4re-sys/data").join(name);
    let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("in {}", file.display()))
}

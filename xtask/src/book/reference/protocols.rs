//! The pages of protocols: every interface with its operations.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::facts::{Argument, Call, Facts, Interface, Operation};
use super::names::number;
use super::source::Definitions;
use super::uses::Uses;
use crate::book::NOTE;

/// The pages of the kernel's objects and of L4Re's services.
pub fn pages(facts: &Facts, definitions: &Definitions, uses: &Uses) -> (String, String) {
    let writer = Writer {
        facts,
        definitions,
        uses,
    };
    let mut kernel = format!(
        "{NOTE}\n# Kernel objects\n\n\
         Interfaces of the kernel and of sigma0. How to read the tables: [Interface reference](../reference.md).\n"
    );
    let mut services = format!(
        "{NOTE}\n# L4Re's services\n\n\
         Interfaces of L4Re's servers. How to read the tables: [Interface reference](../reference.md).\n"
    );
    let mut written = BTreeSet::new();
    for interface in &facts.rpc.interfaces {
        let page = if interface.cxx.starts_with("L4Re::") {
            &mut services
        } else {
            &mut kernel
        };
        written.insert(writer.interface(page, interface));
    }
    let others: BTreeSet<&str> = (facts.rpc.c_protocols.iter())
        .map(|operation| operation.interface.as_str())
        .filter(|name| !written.contains(*name))
        .collect();
    for name in others {
        let _ = write!(kernel, "\n## {name}\n");
        writer.operations(&mut kernel, name);
    }
    writer.kernel_messages(&mut kernel);
    (kernel, services)
}

struct Writer<'a> {
    facts: &'a Facts,
    definitions: &'a Definitions,
    uses: &'a Uses,
}

impl Writer<'_> {
    /// Writes about an interface; returns its name.
    fn interface(&self, page: &mut String, interface: &Interface) -> String {
        // What stands in brackets is where the facts are from.
        let name = interface.cxx.split(" (").next().unwrap_or(&interface.cxx);
        let name = if name == "Sigma0" { "sigma0" } else { name };
        let symbol = &interface.protocol_symbol;
        let _ = write!(page, "\n## {name}\n\n");
        if let Some(header) = &interface.header {
            let _ = write!(page, "`{header}` · ");
        }
        let protocol = number(interface.protocol.into());
        let _ = write!(page, "protocol {protocol}, `{symbol}`");
        if let Some(path) = self.definitions.path(symbol) {
            let _ = write!(page, ", `{path}`");
        }
        let bases: Vec<String> = (interface.bases.iter())
            .map(|base| format!("`{base}`"))
            .collect();
        if !bases.is_empty() {
            let _ = write!(page, " · inherits {}", bases.join(", "));
        }
        if !interface.rpcs.is_empty() {
            let opcode = match interface.opcode_size {
                Some(size) => format!(" · opcode of {size} bytes"),
                None => " · no opcode".to_owned(),
            };
            page.push_str(&opcode);
        }
        page.push('\n');
        if !interface.rpcs.is_empty() {
            page.push_str(
                "\n| opcode | operation | request | reply | in Rust |\n|---|---|---|---|---|\n",
            );
            for call in &interface.rpcs {
                self.call(page, interface, call);
            }
        }
        self.operations(page, name);
        name.to_owned()
    }

    fn call(&self, page: &mut String, interface: &Interface, call: &Call) {
        let opcode = call.opcode.map(|op| number(op.into())).unwrap_or_default();
        let mut name = format!("`{}`", call.name);
        if let Some(rights) = &call.rights_required {
            let _ = write!(name, "; needs `{rights}`");
        }
        let request: Vec<String> = (call.args.iter()).filter_map(in_request).collect();
        let reply = if call.mode == "send_only" {
            "none".to_owned()
        } else {
            let reply: Vec<String> = (call.args.iter()).filter_map(in_reply).collect();
            reply.join("<br>")
        };
        let path = (call.opcode_symbol.as_deref())
            .and_then(|symbol| self.definitions.path(symbol))
            .or_else(|| {
                let c_name = format!("{}::{}", interface.cxx, call.name);
                self.definitions.path(&c_name)
            });
        let rust = match path {
            Some(path) => self.rust(path),
            None => self.rust_by_name(&interface.cxx, &call.name),
        };
        let request = request.join("<br>");
        let _ = writeln!(page, "| {opcode} | {name} | {request} | {reply} | {rust} |");
    }

    /// Who asks by an operation that has no constant, and who is asked.
    fn rust_by_name(&self, interface: &str, operation: &str) -> String {
        let operation = operation.split([' ', '/']).next().unwrap_or(operation);
        let (client, server) = self.uses.by_name(interface, operation);
        let client = client.map(|name| format!("client `{name}`"));
        let server = server.map(|name| format!("server `{name}`"));
        let both: Vec<String> = client.into_iter().chain(server).collect();
        both.join("<br>")
    }

    /// A constant, who asks by it and who is asked.
    fn rust(&self, path: &str) -> String {
        let list = |names: Option<&BTreeSet<String>>, what: &str| {
            let names: Vec<String> = (names.into_iter().flatten())
                .map(|name| format!("`{name}`"))
                .collect();
            if names.is_empty() {
                String::new()
            } else {
                format!("<br>{what} {}", names.join(", "))
            }
        };
        format!(
            "`{path}`{}{}",
            list(self.uses.clients.get(path), "client"),
            list(self.uses.servers.get(path), "server")
        )
    }

    /// Operations whose messages C puts together word by word.
    fn operations(&self, page: &mut String, interface: &str) {
        let operations: Vec<&Operation> = (self.facts.rpc.c_protocols.iter())
            .filter(|operation| operation.interface == interface)
            .collect();
        if operations.is_empty() {
            return;
        }
        page.push_str("\n| operation in C | words | in Rust |\n|---|---|---|\n");
        for operation in operations {
            let words: Vec<String> = (operation.message.iter())
                .map(|word| format!("{}: {}", word.mr, cell(&word.what)))
                .collect();
            let mut text = words.join("<br>");
            let mut notes: Vec<String> = Vec::new();
            if operation.mode != "call" {
                notes.push(operation.mode.replace('_', " "));
            }
            notes.push(format!("label {}", cell(&operation.tag_label_symbol)));
            notes.push(format!(
                "{} words, {} items",
                operation.words, operation.items
            ));
            notes.extend(operation.note.as_deref().map(cell));
            if !text.is_empty() {
                text += "<br>";
            }
            let _ = write!(text, "*{}*", notes.join("; "));
            let rust: BTreeSet<&str> = (operation.message.iter().take(1))
                .flat_map(|word| c_names(&word.what))
                .filter_map(|name| self.definitions.path(name))
                .filter(|path| !path.starts_with("proto::"))
                .collect();
            let mut rust: Vec<String> = rust.into_iter().map(|path| self.rust(path)).collect();
            if rust.is_empty() {
                rust.push(self.rust_by_name(interface, &operation.op));
            }
            let _ = writeln!(
                page,
                "| {}<br>`{}` | {text} | {} |",
                cell(&operation.op),
                operation.header,
                rust.join("<br>")
            );
        }
    }

    fn kernel_messages(&self, page: &mut String) {
        page.push_str(
            "\n## What the kernel sends\n\n| message | label | words | reply |\n|---|---|---|---|\n",
        );
        for message in &self.facts.rpc.kernel_sent {
            let words: Vec<String> = (message.mr.iter().enumerate())
                .map(|(at, what)| format!("{at}: {}", cell(what)))
                .collect();
            let _ = writeln!(
                page,
                "| {} | {} | {}<br>*{}* | {} |",
                message.message,
                number(message.label.into()),
                words.join("<br>"),
                count(message.words, message.items),
                message.reply.as_deref().map(cell).unwrap_or_default()
            );
        }
    }
}

fn count(words: u32, items: u32) -> String {
    let of = |number: u32, what: &str| match number {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    format!("{}, {}", of(words, "word"), of(items, "item"))
}

/// What an argument is in the request.
fn in_request(arg: &Argument) -> Option<String> {
    let is_in = arg.dir == "in" || arg.dir == "inout";
    let what = match arg.kind.as_str() {
        "receive_window" => format!("buffer: window `{}`", arg.name),
        "receive_cap_slot" | "cap_receive" => format!("buffer: capability `{}`", arg.name),
        "cap_send" => format!("item: capability `{}`", arg.name),
        _ if !is_in => return None,
        "varg_list" => format!("arguments `{}`", arg.name),
        _ => data(
            arg,
            arg.request_offset,
            arg.request_length_offset,
            arg.request_data_offset,
        ),
    };
    Some(optional(arg, what))
}

/// What an argument is in the reply.
fn in_reply(arg: &Argument) -> Option<String> {
    if arg.dir != "out" && arg.dir != "inout" {
        return None;
    }
    let what = match arg.kind.as_str() {
        "fpage_out" => format!("item: `{}`", arg.name),
        "cap_receive" => format!("item: capability `{}`", arg.name),
        "ret_array" => format!("elements `{}`, as many as the label says", arg.name),
        _ => data(
            arg,
            arg.reply_offset,
            arg.reply_length_offset,
            arg.reply_data_offset,
        ),
    };
    Some(optional(arg, what))
}

fn optional(arg: &Argument, what: String) -> String {
    if arg.optional {
        format!("[{what}]")
    } else {
        what
    }
}

/// Bytes of the message: `8..16 name`, or where the length of a list stands and its elements.
fn data(arg: &Argument, offset: Option<u64>, length: Option<u64>, elements: Option<u64>) -> String {
    let name = &arg.name;
    let range = |at: u64, size: u64| format!("{at}..{}", at + size);
    match (offset, arg.size, length) {
        (Some(at), Some(size), _) => format!("{} `{name}`", range(at, size)),
        (_, _, Some(length)) => {
            let bytes = arg.length_bits.unwrap_or(0) / 8;
            let each = match arg.elem_size {
                Some(1) | None => String::new(),
                Some(size) => format!(" of {size} bytes"),
            };
            let from = elements.map(|at| format!(" from {at}")).unwrap_or_default();
            format!(
                "{} length, elements{each}{from} `{name}`",
                range(length, bytes)
            )
        }
        _ => format!("`{name}`"),
    }
}

/// Names of constants in a text.
fn c_names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("L4"))
}

/// A text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('*', "\\*")
        .replace('_', "\\_")
        .replace('[', "\\[")
}

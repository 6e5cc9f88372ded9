//! Templates, and how they are filled.
//!
//! A template is C, with lines `//@ …` that say what goes where:
//!
//! | line | becomes |
//! |---|---|
//! | `//@ constants` | the header's constants |
//! | `//@ structures` | its structures |
//! | `//@ functions` | its functions |
//! | `//@ all` | all three |
//! | `//@ timeouts` | the timeouts that have names |
//! | `//@ macros NAME…` | nothing: these constants are macros, for the preprocessor's `#if` |
//! | `//@ enum TAG: NAME…` | nothing: these constants are an enumeration of this name |
//! | `//@ field STRUCTURE.FIELD: TYPE` | nothing: the field has this type; `TYPE[]` keeps the length |
//! | `//@ by-hand NAME…` | nothing: the template itself defines these |
//!
//! `@LABEL_SHIFT@`, `@ITEMS_SHIFT@` and `@WORDS_MASK@` become what they are in `l4re-sys`.
//!
//! A header without a template has all three behind the usual `#include` lines.

use crate::c;
use crate::functions::{Function, Functions};
use crate::interface::{Constant, Field, Interface, Structure};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// What a header without a template is made of.
const USUAL: &str = "\
#include <l4/sys/types.h>
#include <l4/sys/utcb.h>
#include <l4/sys/ipc.h>

//@ all
";

/// The templates by header.
pub type Templates = BTreeMap<String, String>;

/// Reads the templates below a folder.
pub fn read(dir: &Path) -> Result<Templates> {
    let mut templates = Templates::new();
    for file in crate::files(dir, "h")? {
        let name = file.strip_prefix(dir)?.to_string_lossy().into_owned();
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        templates.insert(name, text);
    }
    Ok(templates)
}

/// All headers.
pub fn fill(
    templates: &Templates,
    interface: &Interface,
    functions: &Functions,
) -> Result<BTreeMap<String, String>> {
    let names = (templates.keys())
        .chain(interface.constants.iter().map(|c| &c.header))
        .chain(interface.structures.iter().map(|s| &s.header))
        .chain(functions.keys());
    let names: BTreeSet<&String> = names.collect();
    let mut headers = BTreeMap::new();
    for name in names {
        let template = templates.get(name).map_or(USUAL, String::as_str);
        let header = Header {
            interface,
            constants: interface
                .constants
                .iter()
                .filter(|c| c.header == *name)
                .collect(),
            structures: interface
                .structures
                .iter()
                .filter(|s| s.header == *name)
                .collect(),
            functions: functions.get(name).map_or(&[], Vec::as_slice),
            directives: Directives::read(template)?,
        };
        let text = header
            .fill(name, template)
            .with_context(|| format!("header {name}"))?;
        headers.insert(name.clone(), text);
    }
    Ok(headers)
}

#[derive(Default)]
struct Directives {
    macros: BTreeSet<String>,
    enums: Vec<(String, Vec<String>)>,
    fields: BTreeMap<String, String>,
    by_hand: BTreeSet<String>,
}

impl Directives {
    fn read(template: &str) -> Result<Directives> {
        let mut directives = Directives::default();
        for line in template
            .lines()
            .filter_map(|line| line.strip_prefix("//@ "))
        {
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            let words = || rest.split_whitespace().map(str::to_owned);
            match verb {
                "macros" => directives.macros.extend(words()),
                "by-hand" => directives.by_hand.extend(words()),
                "enum" => {
                    let (tag, names) = rest.split_once(':').context("no `:` after the tag")?;
                    let names = names.split_whitespace().map(str::to_owned).collect();
                    directives.enums.push((tag.trim().to_owned(), names));
                }
                "field" => {
                    let (field, ty) = rest.split_once(':').context("no `:` after the field")?;
                    directives
                        .fields
                        .insert(field.trim().to_owned(), ty.trim().to_owned());
                }
                "all" | "constants" | "structures" | "functions" | "timeouts" => {}
                _ => bail!("`//@ {line}` is not understood"),
            }
        }
        Ok(directives)
    }
}

struct Header<'a> {
    interface: &'a Interface,
    constants: Vec<&'a Constant>,
    structures: Vec<&'a Structure>,
    functions: &'a [Function],
    directives: Directives,
}

impl Header<'_> {
    fn fill(&self, name: &str, template: &str) -> Result<String> {
        let mut text = format!(
            "/* {name}: made by l4re-c-headers from the sources of l4re-sys and l4re-c.\n \
             * SPDX-License-Identifier: MIT OR Apache-2.0 */\n#pragma once\n\n"
        );
        for line in template.lines() {
            match line.strip_prefix("//@ ") {
                None => text += &(numbers(line) + "\n"),
                Some("constants") => text += &self.constants()?,
                Some("structures") => text += &self.structures()?,
                Some("functions") => text += &self.functions(),
                Some("timeouts") => text += &timeouts(),
                Some("all") => {
                    text += &self.constants()?;
                    text += &self.structures()?;
                    text += &self.functions();
                }
                Some(_) => {}
            }
        }
        Ok(text)
    }

    fn constants(&self) -> Result<String> {
        let mut text = String::new();
        let find = |name: &String| -> Result<&Constant> {
            let found = self.interface.constants.iter().find(|c| c.name == *name);
            found.with_context(|| format!("l4re-sys has no {name}"))
        };
        let mut done: BTreeSet<&String> = self.directives.by_hand.iter().collect();
        for (tag, names) in &self.directives.enums {
            let constants: Vec<&Constant> = names.iter().map(find).collect::<Result<_>>()?;
            text += &enumeration(tag, &constants);
            done.extend(names);
        }
        let mut ints = Vec::new();
        for &constant in &self.constants {
            // A name may stand for one number in two places of l4re-sys.
            if !done.insert(&constant.name) {
                continue;
            }
            if c::is_int(constant.value) && !self.directives.macros.contains(&constant.name) {
                ints.push(constant);
                continue;
            }
            text += &enumeration("", &std::mem::take(&mut ints));
            text += &c::comment(&constant.doc, "");
            let value = c::number(constant.value, constant.bits);
            let _ = writeln!(text, "#define {} {value}\n", constant.name);
        }
        text += &enumeration("", &ints);
        Ok(text)
    }

    fn structures(&self) -> Result<String> {
        let mut text = String::new();
        for structure in &self.structures {
            if self.directives.by_hand.contains(&structure.name) {
                continue;
            }
            text += &c::comment(&structure.doc, "");
            let _ = writeln!(text, "typedef struct {} {{", structure.name);
            for field in &structure.fields {
                text += &c::comment(&field.doc, "  ");
                let declared = self
                    .field(structure, field)
                    .with_context(|| format!("{}.{}", structure.name, field.name))?;
                let _ = writeln!(text, "  {declared};");
            }
            let _ = writeln!(text, "}} {};\n", structure.name);
        }
        Ok(text)
    }

    fn field(&self, structure: &Structure, field: &Field) -> Result<String> {
        let number = |name: &str| {
            // A length is a constant of l4re-sys, by its Rust name.
            let of_rust = l4re_sys_length(name);
            of_rust.map(|value| value as i128)
        };
        let declared = c::field(&field.name, &field.rust, &self.interface.types, &number)?;
        let key = format!("{}.{}", structure.name, field.name);
        Ok(match self.directives.fields.get(&key) {
            None => declared,
            Some(ty) => match ty.strip_suffix("[]") {
                None => format!("{ty} {}", field.name),
                Some(ty) => {
                    let (_, name) = declared.split_once(' ').context("no type")?;
                    format!("{ty} {name}")
                }
            },
        })
    }

    fn functions(&self) -> String {
        let by_hand = |name: &str| self.directives.by_hand.contains(name);
        let functions: Vec<&Function> = (self.functions.iter())
            .filter(|f| !by_hand(&f.name))
            .collect();
        if functions.is_empty() {
            return String::new();
        }
        let mut text = String::from("L4_BEGIN_DECLS\n\n");
        for function in functions {
            text += &prototype(function);
            if let Some(twin) = function.twin().filter(|twin| !by_hand(twin)) {
                text += &inline_twin(function, twin);
            }
        }
        text + "L4_END_DECLS\n"
    }
}

/// Puts in numbers that have no name in C: `@LABEL_SHIFT@`.
fn numbers(line: &str) -> String {
    use l4re_sys::MsgTag;
    let numbers = [
        ("@ITEMS_SHIFT@", u64::from(MsgTag::ITEMS_SHIFT)),
        ("@LABEL_SHIFT@", u64::from(MsgTag::LABEL_SHIFT)),
        ("@WORDS_MASK@", MsgTag::WORDS_MASK),
    ];
    (numbers.iter()).fold(line.to_owned(), |line, (name, number)| {
        line.replace(name, &number.to_string())
    })
}

/// The timeouts that have names: values of a structure, which C writes in one way and C++ in
/// another.
fn timeouts() -> String {
    use l4re_sys::{Timeout, TimeoutS};
    let phases = [
        ("L4_IPC_TIMEOUT_0", TimeoutS::ZERO),
        ("L4_IPC_TIMEOUT_NEVER", TimeoutS::NEVER),
    ];
    let pairs = [
        ("L4_IPC_NEVER", Timeout::NEVER),
        ("L4_IPC_RECV_TIMEOUT_0", Timeout::RECV_ZERO),
        ("L4_IPC_SEND_TIMEOUT_0", Timeout::SEND_ZERO),
        ("L4_IPC_BOTH_TIMEOUT_0", Timeout::BOTH_ZERO),
    ];
    let phases = phases.map(|(name, value)| (name, "l4_timeout_s", u32::from(value.0)));
    let pairs = pairs.map(|(name, value)| (name, "l4_timeout_t", value.0));
    let mut text = format!(
        "#define L4_IPC_NEVER_INITIALIZER {{{}}}\n",
        Timeout::NEVER.0
    );
    let all = || phases.iter().chain(&pairs);
    text += "#ifdef __cplusplus\n";
    for (name, ty, value) in all() {
        let _ = writeln!(text, "# define {name} ({ty}{{{value:#x}}})");
    }
    text += "#else\n";
    for (name, ty, value) in all() {
        let _ = writeln!(text, "# define {name} (({ty}){{{value:#x}}})");
    }
    text + "#endif\n"
}

/// The lengths of arrays in structures.
fn l4re_sys_length(name: &str) -> Option<usize> {
    match name {
        "MSG_REGS" => Some(l4re_sys::utcb::MSG_REGS),
        "BUF_REGS" => Some(l4re_sys::utcb::BUF_REGS),
        _ => None,
    }
}

fn enumeration(tag: &str, constants: &[&Constant]) -> String {
    if constants.is_empty() {
        return String::new();
    }
    let space = if tag.is_empty() { "" } else { " " };
    let mut text = format!("enum{space}{tag} {{\n");
    for constant in constants {
        text += &c::comment(&constant.doc, "  ");
        let value = match constant.value {
            value @ -9..=9 => value.to_string(),
            value @ ..=-10 => format!("-{:#x}", -value),
            value => format!("{value:#x}"),
        };
        let _ = writeln!(text, "  {} = {value},", constant.name);
    }
    text + "};\n\n"
}

fn joined(ty: &str, name: &str) -> String {
    let space = if ty.ends_with('*') { "" } else { " " };
    format!("{ty}{space}{name}")
}

/// A function's head, on as many lines as it needs.
fn head<'a>(
    kind: &str,
    result: &str,
    name: &str,
    parameters: impl Iterator<Item = &'a crate::functions::Parameter>,
) -> String {
    /// The length of lines.
    const WIDTH: usize = 100;
    let parameters: Vec<String> = parameters.map(|p| joined(&p.c_type, &p.name)).collect();
    let start = format!("{kind} {}(", joined(result, name));
    let list = match parameters.is_empty() {
        true => "void".to_owned(),
        false => parameters.join(", "),
    };
    let line = format!("{start}{list}) L4_NOTHROW");
    if line.len() <= WIDTH {
        return line;
    }
    format!("{start}\n    {}) L4_NOTHROW", parameters.join(",\n    "))
}

fn prototype(function: &Function) -> String {
    let doc = match function.twin() {
        Some(twin) => format!("As `{twin}`, with the UTCB of the calling thread."),
        None => function.doc.clone(),
    };
    let mut attributes = String::new();
    if function.is_const {
        attributes += " __attribute__((const))";
    }
    if function.is_endless {
        attributes += " L4_NORETURN";
    }
    format!(
        "{}{};\n\n",
        c::comment(&doc, ""),
        head(
            "L4_CV",
            &function.result,
            &function.name,
            function.parameters.iter()
        ) + &attributes,
    )
}

/// The function that takes the UTCB from the calling thread.
fn inline_twin(function: &Function, twin: &str) -> String {
    let arguments: Vec<&str> = (function.parameters.iter())
        .map(|p| if p.is_utcb { "l4_utcb()" } else { &p.name })
        .collect();
    let call = format!("{}({})", function.name, arguments.join(", "));
    let call = match function.result.as_str() {
        "void" => call,
        _ => format!("return {call}"),
    };
    let others = function.parameters.iter().filter(|p| !p.is_utcb);
    format!(
        "{}{}\n{{\n  {call};\n}}\n\n",
        c::comment(&function.doc, ""),
        head("L4_INLINE", &function.result, twin, others),
    )
}

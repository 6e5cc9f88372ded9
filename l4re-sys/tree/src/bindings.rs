//! Bindings of C headers for Rust: what bindgen makes of them, and what it cannot.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bindgen::callbacks::{IntKind, ParseCallbacks};

use crate::facts::Facts;
use crate::headers::Headers;
use crate::trouble::{Result, Trouble};

/// A macro that is neither a number nor a text, supplied by hand: bindgen leaves it out.
#[derive(Clone, Debug)]
pub struct Supplied {
    /// The macro.
    pub name: &'static str,
    /// Its type in the bindings.
    pub rust_type: &'static str,
    /// Its value in the bindings.
    pub rust: String,
    /// The number that it is for C: an expression with `{}` in the macro's place.
    pub c: &'static str,
    /// That number.
    pub value: u64,
}

/// What was made of headers.
#[derive(Clone, Debug)]
pub struct Bindings {
    /// Rust: types, constants and functions.
    pub rust: String,
    /// C: by what functions that are inline in the headers are called, and a check of what was
    /// supplied. Compiled with optimisation, or the check says nothing.
    pub c: PathBuf,
    /// How many constants are held to what the compiler reads in the headers.
    pub constants: usize,
}

/// The integer macros that bindgen has made constants of.
#[derive(Debug)]
struct Macros(Rc<RefCell<BTreeSet<String>>>);

impl ParseCallbacks for Macros {
    fn int_macro(&self, name: &str, _value: i64) -> Option<IntKind> {
        self.0.borrow_mut().insert(name.to_owned());
        None
    }
}

/// Makes bindings of all headers; `facts` is what they define, `out` a folder for files.
pub fn make(
    headers: &Headers,
    facts: &Facts,
    by_hand: &[Supplied],
    out: &Path,
) -> Result<Bindings> {
    let umbrella = out.join("l4re-tree.h");
    write(&umbrella, &headers.umbrella())?;
    let c = out.join("l4re-inline.c");
    let found = Rc::new(RefCell::new(BTreeSet::new()));
    let mut builder = bindgen::builder()
        .rust_target(rust_version())
        .rust_edition(bindgen::RustEdition::Edition2024)
        .header(umbrella.display().to_string())
        .clang_args(headers.clang_arguments("c", "-std=gnu11"))
        .use_core()
        .ctypes_prefix("::core::ffi")
        .prepend_enum_name(false)
        .derive_default(true)
        // Comments of L4Re's headers are Doxygen's, which rustdoc takes for code.
        .generate_comments(false)
        .formatter(bindgen::Formatter::Prettyplease)
        .wrap_static_fns(true)
        .wrap_static_fns_path(&c)
        .parse_callbacks(Box::new(Macros(found.clone())));
    for dir in headers.dirs() {
        builder = builder.allowlist_file(format!("{}/l4/.*", escaped(dir)));
    }
    let made = builder.generate().map_err(|error| {
        Trouble::new(
            format!("bindgen does not get through L4Re's headers: {error}"),
            "Try another version of libclang (LIBCLANG_PATH names its folder).",
        )
    })?;
    let mut rust = made.to_string();
    let found = found.borrow();
    let left_out = facts
        .macros
        .iter()
        .filter(|(name, _)| !found.contains(*name));
    for (name, constant) in left_out {
        let _ = writeln!(
            rust,
            "pub const {name}: {} = {};",
            integer(constant.value.0),
            constant.value.0
        );
    }
    for macro_ in by_hand {
        let Supplied {
            name,
            rust_type,
            rust: value,
            ..
        } = macro_;
        let _ = writeln!(rust, "pub const {name}: {rust_type} = {value};");
    }
    let constants = assert_constants(facts, &mut rust);
    check_supplied(&c, by_hand)?;
    Ok(Bindings { rust, c, constants })
}

/// The type that bindgen gives a macro of this value.
fn integer(value: i128) -> &'static str {
    match value {
        0..0x1_0000_0000 => "u32",
        -0x8000_0000..0 => "i32",
        ..0 => "i64",
        _ => "u64",
    }
}

/// Holds each constant of the bindings to what the compiler reads in the headers.
fn assert_constants(facts: &Facts, rust: &mut String) -> usize {
    rust.push_str("const _: () = {\n");
    let all = facts.enums.iter().chain(&facts.macros);
    let mut count = 0;
    for (name, constant) in all {
        count += 1;
        let (header, value) = (&constant.header, constant.value.0);
        // An unsigned constant of 64 bits may be a negative number for the compiler, and other
        // way round.
        let _ = writeln!(
            rust,
            "    assert!({name} as u64 == {}, \"{name} is not {value}, which {header} has\");",
            value as u64
        );
    }
    rust.push_str("};\n");
    count
}

/// Adds to the C file what does not compile unless the macros are what was supplied.
fn check_supplied(file: &Path, by_hand: &[Supplied]) -> Result<()> {
    let mut text = fs::read_to_string(file).map_err(|error| Trouble::file("read", file, &error))?;
    for Supplied { name, c, value, .. } in by_hand {
        let expression = c.replace("{}", name);
        let _ = write!(
            text,
            "\n#ifdef {name}\nvoid l4re_tree_differs_{name}(void)\n    \
             __attribute__((error(\"{name} is not {value:#x}, which l4re-sys has\")));\n\
             void l4re_tree_check_{name}(void)\n\
             {{\n  if ((unsigned long)({expression}) != {value:#x}UL)\n    \
             l4re_tree_differs_{name}();\n}}\n#endif\n"
        );
    }
    write(file, &text)
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).map_err(|error| Trouble::file("write", file, &error))
}

/// The oldest compiler that this workspace is for.
fn rust_version() -> bindgen::RustTarget {
    let minor = env!("CARGO_PKG_RUST_VERSION").split('.').nth(1);
    let minor = minor.and_then(|minor| minor.parse().ok());
    minor
        .and_then(|minor| bindgen::RustTarget::stable(minor, 0).ok())
        .unwrap_or_default()
}

/// A path as a regular expression.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for c in path.display().to_string().chars() {
        if c.is_ascii_punctuation() && c != '/' {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

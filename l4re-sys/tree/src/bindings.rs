//! Bindings of C headers for Rust: what bindgen makes of them, and what it cannot.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use bindgen::callbacks::{MacroParsingBehavior, ParseCallbacks};

use crate::facts::Facts;
use crate::headers::Headers;
use crate::signatures;
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
    /// How many functions are held to the types that the compiler reads in the headers.
    pub functions: usize,
    /// Functions of the headers that the bindings do not have.
    pub left_out: Vec<String>,
}

/// The macros that are integers: bindgen chooses their types by their values, and leaves out what
/// has a cast, a `sizeof` or a condition.
#[derive(Debug)]
struct Macros(BTreeSet<String>);

impl ParseCallbacks for Macros {
    fn will_parse_macro(&self, name: &str) -> MacroParsingBehavior {
        match self.0.contains(name) {
            true => MacroParsingBehavior::Ignore,
            false => MacroParsingBehavior::Default,
        }
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
        .parse_callbacks(Box::new(Macros(facts.macros.keys().cloned().collect())));
    for function in &facts.of_long_double {
        builder = builder.blocklist_function(function);
    }
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
    for (name, constant) in &facts.macros {
        let (ty, value) = integer(facts.macro_types.get(name), constant.value.0);
        let _ = writeln!(rust, "pub const {name}: {ty} = {value};");
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
    let signatures = signatures::of(&rust, facts)?;
    check_compiled(&c, by_hand, &signatures.checks)?;
    let left_out = (facts.functions.keys())
        .filter(|name| !signatures.functions.contains(*name))
        .cloned()
        .collect();
    Ok(Bindings {
        rust,
        c,
        constants,
        functions: signatures.checked,
        left_out,
    })
}

/// The type and value of a macro that C has as this type.
fn integer(ty: Option<&&str>, value: i128) -> (&'static str, i128) {
    match ty.copied() {
        Some("unsigned int") => ("::core::ffi::c_uint", (value as u32).into()),
        Some("long") => ("::core::ffi::c_long", value),
        Some("unsigned long") => ("::core::ffi::c_ulong", (value as u64).into()),
        Some("long long") => ("::core::ffi::c_longlong", value),
        Some("unsigned long long") => ("::core::ffi::c_ulonglong", (value as u64).into()),
        Some("char") => ("::core::ffi::c_char", value),
        Some("signed char") => ("::core::ffi::c_schar", value),
        Some("unsigned char" | "_Bool") => ("::core::ffi::c_uchar", value),
        Some("short") => ("::core::ffi::c_short", value),
        Some("unsigned short") => ("::core::ffi::c_ushort", value),
        _ => ("::core::ffi::c_int", value),
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

/// Adds to the C file what does not compile unless the macros are what was supplied, and the
/// functions have the types that the bindings give them.
fn check_compiled(file: &Path, by_hand: &[Supplied], signatures: &str) -> Result<()> {
    let mut text = fs::read_to_string(file).map_err(|error| Trouble::file("read", file, &error))?;
    let _ = write!(text, "\n{signatures}");
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

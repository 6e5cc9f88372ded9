//! The headers as a compiler sees them: each compiles by itself, without a warning, as C and as
//! C++; every function is there with the types it has in L4Re's headers, or is on a list with the
//! reason why not; sizes and offsets are those of l4re-sys.

mod missing;

use l4re_sys::facts::{FLAGS, LAYOUTS, MODULES};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The headers in a folder of their own.
struct Headers {
    dir: TempDir,
    names: Vec<String>,
}

impl Headers {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        l4re_c_headers::write(dir.path()).expect("the headers are made");
        let names = l4re_c_headers::generate().expect("the headers are made");
        Headers {
            dir,
            names: names.into_keys().collect(),
        }
    }

    /// What the compiler says to a source; nothing, if all is well.
    fn compile(&self, language: &str, standard: &str, source: &str) -> String {
        let compiler = if language == "c++" { "c++" } else { "cc" };
        let mut command = Command::new(compiler);
        let mut child = command
            .args(["-x", language, standard, "-fsyntax-only"])
            .args(["-Wall", "-Wextra", "-pedantic", "-Werror"])
            .args(l4re_c_headers::C_FLAGS)
            .arg("-isystem")
            .arg(own_headers(compiler))
            .arg("-I")
            .arg(self.dir.path())
            .arg("-I")
            .arg(l4re_c_headers::freestanding())
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{compiler} cannot be started: {error}"));
        let mut input = child.stdin.take().expect("a pipe");
        input
            .write_all(source.as_bytes())
            .expect("the compiler reads");
        drop(input);
        let out = child.wait_with_output().expect("the compiler ends");
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        match (out.status.success(), said.is_empty()) {
            (true, true) => String::new(),
            (_, false) => said,
            (false, true) => "the compiler failed without a word".to_owned(),
        }
    }

    fn include_all(&self) -> String {
        (self.names.iter())
            .map(|name| format!("#include <{name}>\n"))
            .collect()
    }
}

fn own_headers(compiler: &str) -> PathBuf {
    let out = Command::new(compiler)
        .arg("-print-file-name=include")
        .output();
    let out = out.unwrap_or_else(|error| panic!("{compiler} cannot be started: {error}"));
    Path::new(String::from_utf8_lossy(&out.stdout).trim()).to_owned()
}

#[test]
fn each_header_stands_by_itself() {
    let headers = Headers::new();
    for name in &headers.names {
        let source = format!("#include <{name}>\n#include <{name}>\n");
        assert_eq!(headers.compile("c", "-std=gnu11", &source), "", "{name}");
    }
}

#[test]
fn none_hides_a_header_of_the_c_library() {
    let others: Vec<String> = (Headers::new().names.into_iter())
        .filter(|name| !name.starts_with("l4/"))
        .collect();
    assert_eq!(others, [""; 0]);
}

#[test]
fn all_together_are_c_and_cxx_of_any_year() {
    let headers = Headers::new();
    let mut source = headers.include_all();
    source += "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n";
    source += "void use(void);\nvoid use(void) { printf(\"%d\", 1); }\n";
    for standard in ["-std=c99", "-std=c17"] {
        assert_eq!(headers.compile("c", standard, &source), "", "{standard}");
    }
    // A machine need not have a compiler of C++.
    if Command::new("c++").arg("--version").output().is_ok() {
        for standard in ["-std=c++11", "-std=c++17"] {
            assert_eq!(headers.compile("c++", standard, &source), "", "{standard}");
        }
    }
}

/// Header, name, and result and parameters where they are known.
type Fact<'a> = (&'a str, &'a str, Option<(&'a str, &'a str)>);

fn facts() -> Vec<Fact<'static>> {
    let text = include_str!("../../data/functions-2026-06-amd64.txt");
    (text.lines())
        .map(|line| {
            let mut parts = line.split('|');
            let mut next = || parts.next();
            let (header, name) = (next().expect("a header"), next().expect("a name"));
            (header, name, next().zip(next()))
        })
        .collect()
}

#[test]
fn functions_are_those_of_l4re() {
    let headers = Headers::new();
    let mut source = headers.include_all();
    let facts = facts();
    let mut missing = BTreeMap::new();
    for (header, name, types) in &facts {
        if let Some(reason) = missing::reason(header, name) {
            missing.insert(*name, reason);
            // What has come to be there must leave the list.
            source += &format!("typedef int {name};\n");
            continue;
        }
        let (result, parameters) = types.unwrap_or_else(|| panic!("{name}: types are not known"));
        source += &format!(
            "_Static_assert(__builtin_types_compatible_p(__typeof__({name}), {result} ({parameters})), \
             \"{name}\");\n"
        );
    }
    assert_eq!(headers.compile("c", "-std=gnu11", &source), "");
    assert_eq!(facts.len(), 598);
    // docs/c.md tells this number.
    assert_eq!(facts.len() - missing.len(), 506);
    missing::all_are_used(&missing.keys().copied().collect::<BTreeSet<_>>());
}

#[test]
fn macros_are_those_of_l4re() {
    let headers = Headers::new();
    let mut source = headers.include_all();
    let mut missing = BTreeSet::new();
    for line in include_str!("../../data/macros-2026-06-amd64.txt").lines() {
        let (header, name) = line.split_once('|').expect("a header and a name");
        let name = name.trim_end_matches("()");
        // Of these, there are the numbers alone, if anything.
        if missing::header_reason(header).is_some() {
            continue;
        }
        if missing::macro_reason(name).is_some() {
            missing.insert(name);
            source += &format!("#ifdef {name}\n#error {name} is listed as missing\n#endif\n");
            continue;
        }
        // What is a macro there may be an enumerator or a function here.
        source += &format!("#ifndef {name}\ntypedef __typeof__({name}) has_{name};\n#endif\n");
    }
    assert_eq!(headers.compile("c", "-std=gnu11", &source), "");
    missing::all_macros_are_used(&missing);
}

#[test]
fn headers_include_what_those_of_l4re_include() {
    let headers = l4re_c_headers::generate().expect("the headers are made");
    for line in include_str!("../../data/includes-2026-06-amd64.txt").lines() {
        let (name, others) = line.split_once('|').expect("a header and others");
        if !headers.contains_key(name) {
            assert!(missing::header_reason(name).is_some(), "there is no {name}");
            continue;
        }
        let reached = l4re_c_headers::reached(&headers, name);
        let lost: Vec<&str> = (others.split_whitespace())
            .filter(|other| headers.contains_key(*other) && !reached.contains(*other))
            .collect();
        assert_eq!(lost, [""; 0], "{name} does not include");
    }
}

#[test]
fn a_constructor_is_declared_by_a_macro() {
    let source =
        "#include <l4/sys/compiler.h>\nvoid init(void);\nL4_DECLARE_CONSTRUCTOR(init, 200)\n";
    let headers = Headers::new();
    assert_eq!(headers.compile("c", "-std=gnu11", source), "");
}

#[test]
fn numbers_and_layouts_are_those_of_l4re_sys() {
    let headers = Headers::new();
    let mut source = headers.include_all();
    let tables = MODULES.iter().copied().flatten().copied();
    let mut constants = 0;
    for constant in tables.chain(FLAGS.iter().copied()).flatten() {
        if !l4re_c_headers::is_of_c(constant.header) || constant.name.contains("::") {
            continue;
        }
        constants += 1;
        let value = (constant.value)().value;
        source += &format!(
            "_Static_assert((unsigned long){} == (unsigned long){}L, \"{}\");\n",
            constant.name, value as i64, constant.name
        )
        .replace("-9223372036854775808L", "(-9223372036854775807L - 1)");
    }
    assert!(constants > 300, "{constants}");
    let mut structures = 0;
    for layout in LAYOUTS
        .iter()
        .filter(|layout| l4re_c_headers::is_of_c(layout.header))
    {
        structures += 1;
        let name = layout.name;
        source += &format!(
            "_Static_assert(sizeof({name}) == {} && _Alignof({name}) == {}, \"{name}\");\n",
            layout.size, layout.align
        );
        for field in layout.fields {
            source += &format!(
                "_Static_assert(offsetof({name}, {field}) == {} && \
                 sizeof((({name} *)0)->{field}) == {}, \"{name}.{field}\");\n",
                field.offset,
                field.size,
                field = field.name
            );
        }
    }
    assert!(structures > 15, "{structures}");
    assert_eq!(headers.compile("c", "-std=gnu11", &source), "");
}

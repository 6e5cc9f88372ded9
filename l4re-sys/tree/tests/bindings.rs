//! What bindings say of headers, compared with what the C compiler says.

use l4re_tree::bindings::{self, Bindings};
use l4re_tree::headers::{self, Headers};
use l4re_tree::{Facts, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Macros as L4Re's headers have them, and each as a constant of Rust.
const MACROS: [(&str, &str); 12] = [
    ("0xfffffffffffff000UL", "c_ulong = 18446744073709547520"),
    ("-1U", "c_uint = 4294967295"),
    ("(~0UL << 11)", "c_ulong = 18446744073709549568"),
    ("(1UL << 12)", "c_ulong = 4096"),
    ("12", "c_int = 12"),
    ("-20L", "c_long = -20"),
    ("((unsigned char)261)", "c_uchar = 5"),
    ("(sizeof(struct pair) / sizeof(long))", "c_ulong = 2"),
    ("(1 ? 3U : 4U)", "c_uint = 3"),
    ("0x8000000000000000ULL", "c_ulonglong = 9223372036854775808"),
    ("((short)-3)", "c_short = -3"),
    ("SEVEN", "c_int = 7"),
];

const REST: &str = "
struct pair { long a, b; };
enum number { SEVEN = 7 };
typedef unsigned long word;
typedef int handler(word, const struct pair *);
word plain(const struct pair *pair, word words[2], char const *const *names, enum number n);
void listed(handler *f, ...);
long double half(long double x);
static inline unsigned char twice(unsigned char x) { return 2 * x; }
";

fn make(text: &str, dir: &Path) -> Result<(Headers, Facts, Bindings)> {
    let folder = dir.join("l4/sys");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("types.h"), format!("#pragma once\n{text}")).unwrap();
    let clang = headers::clang()?;
    let headers = Headers::in_folder(&clang, dir)?;
    let facts = headers.facts(&clang)?;
    drop(clang);
    let made = bindings::make(&headers, &facts, &[], dir)?;
    Ok((headers, facts, made))
}

/// In one test: a program may have libclang in one place at a time.
#[test]
fn macros_and_functions_are_those_of_the_c_compiler() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = REST.to_owned();
    for (n, (c, _)) in MACROS.iter().enumerate() {
        text += &format!("#define M{n} {c}\n");
    }
    let (headers, facts, made) = make(&text, dir.path()).unwrap();
    for (n, (c, rust)) in MACROS.iter().enumerate() {
        let due = format!("pub const M{n}: ::core::ffi::{rust};");
        assert!(made.rust.contains(&due), "{c}: {due}\n{}", made.rust);
    }
    assert!(facts.of_long_double.contains("half"));
    assert_eq!(made.left_out, ["half"]);
    assert_eq!(made.functions, 3);
    assert!(made.rust.contains("twice__extern"));
    // The compiler takes it as it is, and not with another type.
    let taken = || {
        let mut cc = Command::new("cc");
        cc.args(["-fsyntax-only", "-w"]).args(headers.arguments());
        cc.arg(&made.c).output().unwrap().status.success()
    };
    assert!(taken());
    let c = fs::read_to_string(&made.c).unwrap();
    let wrong = c.replace("(*)(unsigned char )", "(*)(signed char )");
    assert_ne!(c, wrong);
    fs::write(&made.c, wrong).unwrap();
    assert!(!taken());
}

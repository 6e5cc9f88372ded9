//! Makes the tests: from the sources of the `libc` module, and the headers of the C library that
//! the program is linked with.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use ctest::TestGenerator;
use uclibc_libc_patch::{c_field, headers, layouts, own};

const MODULE: &str = "../../uclibc-libc-patch";

/// With GNU's extensions the headers declare another `strerror_r`, and not this.
const HIDDEN: &str = "int __xpg_strerror_r(int, char *, size_t);\n";

/// Names that C has not.
const RUST_ONLY: [&str; 4] = [
    "Ioctl",
    "__LOCK_INITIALIZER",
    "__LT_SPINLOCK_INIT",
    "__c_anonymous_ifru_map",
];
/// Sizes by which the crate `libc` declares types: of types that are compared themselves.
const SIZES: &str = "__SIZEOF_PTHREAD_";
/// A pointer to a function, which is a number in Rust, and an `enum` of which the crate `libc`'s
/// constants have another type.
const OTHER_SIGN: [&str; 3] = ["sighandler_t", "__itimer_which_t", "__rlimit_resource_t"];
/// Holds `PTHREAD_RWLOCK_DEFAULT_NP`, which differs.
const OF_KIND: &str = "PTHREAD_RWLOCK_INITIALIZER";
/// What the headers declare and the library lacks.
const UNDEFINED: [&str; 1] = ["mlock2"];
/// Fields that are unions in C, and one of their parts in Rust.
const PARTS: [&str; 6] = [
    "u64",
    "sa_sigaction",
    "s6_addr",
    "ifr_name",
    "ifr_ifru",
    "ifc_ifcu",
];

fn main() {
    println!("cargo:rerun-if-changed={MODULE}/src");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CARGO_TARGET_X86_64_L4RE_UCLIBC_RUSTFLAGS");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("a build script has OUT_DIR"));
    std::fs::write(out.join("module-headers.h"), headers() + HIDDEN).expect("OUT_DIR is a folder");

    let mut tests = TestGenerator::new();
    tests
        // The module is the same for any; this one has its standard library there.
        .target("x86_64-unknown-linux-gnu")
        .header("module-headers.h")
        .edition(2024)
        .skip_private(true);
    names(&mut tests);
    exceptions(&mut tests);
    let files = tests
        .generate_files(format!("{MODULE}/src/lib.rs"), "ctest")
        .unwrap_or_else(|error| panic!("ctest cannot make the tests: {error}"));
    compile(&files.with_extension("c"), &out);
}

/// What has another name in C.
fn names(tests: &mut TestGenerator) {
    let c_name = |name: &str| {
        (layouts().find(|layout| layout.name == name)).map(|layout| layout.c.to_owned())
    };
    tests.rename_struct_ty(move |name| c_name(name));
    tests.rename_union_ty(move |name| c_name(name));
    let c_field_of = |ty: &str, field: &str| c_field(c_of(ty), field);
    tests.rename_struct_field(move |ty, field| c_field_of(ty.ident(), field.ident()));
    tests.rename_union_field(move |ty, field| c_field_of(ty.ident(), field.ident()));
    tests.rename_type(|name| (name == "Ioctl").then(|| "unsigned long".to_owned()));
    tests.rename_fn(|function| function.link_name().map(str::to_owned));
}

/// A structure's or union's name in C; empty if it has none there.
fn c_of(ty: &str) -> &'static str {
    (layouts().find(|layout| layout.name == ty)).map_or("", |layout| layout.c)
}

fn excepted(name: &str) -> bool {
    own::find(&own::LACKING, name).is_some() || own::find(&own::DIFFERENT, name).is_some()
}

/// What is not compared.
fn exceptions(tests: &mut TestGenerator) {
    tests.skip_const(|constant| {
        let name = constant.ident();
        excepted(name) || name == OF_KIND || name.starts_with(SIZES) || RUST_ONLY.contains(&name)
    });
    tests.skip_fn(|function| excepted(function.ident()));
    tests.skip_alias(|alias| excepted(alias.ident()) || RUST_ONLY.contains(&alias.ident()));
    tests.skip_signededness(|name| OTHER_SIGN.contains(&name));
    tests.skip_fn_ptrcheck(|name| UNDEFINED.contains(&name));
    let no_type = |name: &str| c_of(name).is_empty() || excepted(c_of(name));
    tests.skip_struct(move |ty| no_type(ty.ident()));
    tests.skip_union(move |ty| no_type(ty.ident()));
    let no_field = |ty: &str, field: &str| match c_field(c_of(ty), field) {
        Some(path) => excepted(&format!("{}.{path}", c_of(ty))),
        None => true,
    };
    tests.skip_struct_field(move |ty, field| no_field(ty.ident(), field.ident()));
    tests.skip_struct_field_type(|_, field| PARTS.contains(&field.ident()));
    tests.skip_union_field(move |ty, field| no_field(ty.ident(), field.ident()));
}

/// Compiles the C half.
fn compile(file: &Path, out: &Path) {
    // Flags of the target, between 0x1f.
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let library = flags
        .split('\x1f')
        .find_map(|flag| flag.strip_prefix("-Lnative="));
    let library = library.expect("the folder of the C library, as -Lnative=DIR in the flags: build by `cargo xtask test ctest`");
    let mut build = cc::Build::new();
    build
        .target("x86_64-unknown-none")
        .no_default_flags(true)
        .compiler("cc");
    for flag in [
        "-m64",
        "-fno-pic",
        "-fno-pie",
        "-fno-stack-protector",
        "-nostdinc",
        "-isystem",
    ] {
        build.flag(flag);
    }
    build
        .flag(Path::new(library).join("include"))
        .flag("-isystem")
        .flag(compiler_headers());
    build
        .include(out)
        .opt_level(1)
        .warnings(true)
        .warnings_into_errors(true);
    for flag in [
        "-D_GNU_SOURCE=1",
        "-Wno-unused-parameter",
        "-Wno-type-limits",
        // Of `struct epoll_event`.
        "-Wno-address-of-packed-member",
    ] {
        build.flag(flag);
    }
    build.file(file).compile("ctest");
}

fn compiler_headers() -> PathBuf {
    let out = Command::new("cc").arg("-print-file-name=include").output();
    let out = out.unwrap_or_else(|error| panic!("cc cannot be started: {error}"));
    PathBuf::from(String::from_utf8_lossy(&out.stdout).trim())
}

//! Compiles the C++ part as a crate's build script would.

fn main() {
    println!("cargo:rerun-if-changed=cxx/work.cc");
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .warnings_into_errors(true)
        .file("cxx/work.cc")
        .compile("work");
}

//! Compiles the C library.

fn main() {
    println!("cargo:rerun-if-changed=c");
    l4re_c_headers::build()
        .file("c/adler32.c")
        .compile("adler32");
}

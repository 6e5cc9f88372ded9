//! Compiles the tests.

fn main() {
    let files = ["handlers", "ipc", "kernel", "main", "services", "util"];
    l4re_c_headers::tests(&files.map(|file| format!("c/{file}.c")));
}

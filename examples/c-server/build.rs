//! Compiles the server.

fn main() {
    l4re_c_headers::program("c-server", &["src/server.c"]);
}

//! Compiles the client.

fn main() {
    l4re_c_headers::program("c-client", &["src/client.c"]);
}

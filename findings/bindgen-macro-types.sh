#!/bin/bash
# bindgen 0.73.2: constants made of macros have other values and types than C has, without a
# warning, and functions with `long double` have another calling convention.
#
# * `0xfffffffffffff000UL` becomes an i32 of -4096, and `-1U` an i32 of -1: an expression is
#   evaluated as a signed number of 64 bits, and its type is chosen by the value. In Rust,
#   `u64::from(...)`, comparisons and shifts differ from C's then.
# * A parameter of `long double` becomes a u128, which is passed in two general registers; C
#   passes it in memory. A call compiles, and passes something else.
#
# Seen (headers for x86_64 Linux):
#   pub const PAGE_MASK: i32 = -4096;
#   pub const ALL: i32 = -1;
#   pub fn half(x: u128) -> u128;
# Ends with 0 as long as that is so. libclang is 18.1.1, of PyPI.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "seen"
version = "0.0.0"
edition = "2024"
[dependencies]
bindgen = { version = "=0.73.2", default-features = false, features = ["runtime"] }
END
cat >src/main.rs <<'END'
fn main() {
    let header = "#define PAGE_MASK 0xfffffffffffff000UL\n#define ALL -1U\n\
                  long double half(long double x);\n";
    let made = bindgen::builder().header_contents("seen.h", header).generate();
    println!("{}", made.expect("bindings"));
}
END
python3 -m pip install -q --target py libclang==18.1.1
export LIBCLANG_PATH=$PWD/py/clang/native
made=$(cargo run --quiet | tr -s ' \n' ' ')
echo "$made"
for due in 'pub const PAGE_MASK: i32 = -4096' 'pub const ALL: i32 = -1' 'half(x: u128) -> u128'; do
  grep -qF "$due" <<<"${made// :/:}" || { echo "not seen: $due"; exit 1; }
done

#!/bin/bash
# bindgen 0.73.2: `volatile` is nowhere in what it makes, and nothing says so.
#
# * A field that C declares volatile, a device register or a word that another side writes,
#   becomes a plain public field. Rust's compiler may read it once and keep the value, or leave a
#   write out; `read_volatile` on a pointer to the field is what C's access was.
# * A pointer to what is volatile becomes a plain pointer, also in the type of a function. Who
#   writes that type back in C, to hold the bindings to the header by the C compiler, gets a
#   type that does not fit the function's.
#
# Seen (headers for x86_64 Linux):
#   pub struct regs { pub status: c_uint, pub control: c_uint }
#   pub fn set(word: *mut c_uint);
#   pub fn test(word: *const c_uint) -> c_int;
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
    let header = "struct regs { volatile unsigned status; unsigned control; };\n\
                  void set(volatile unsigned *word);\n\
                  int test(const volatile unsigned *word);\n";
    let made = bindgen::builder().header_contents("seen.h", header).use_core().generate();
    println!("{}", made.expect("bindings"));
}
END
python3 -m pip install -q --target py libclang==18.1.1
export LIBCLANG_PATH=$PWD/py/clang/native
made=$(cargo run --quiet | tr -s ' \n' ' ' | sed 's/::core::ffi:://g')
echo "$made"
for due in 'pub status: c_uint, pub control: c_uint' 'pub fn set(word: *mut c_uint)' \
  'pub fn test(word: *const c_uint) -> c_int'; do
  grep -qF "$due" <<<"$made" || { echo "not seen: $due"; exit 1; }
done
! grep -qi volatile <<<"$made" || { echo "seen: volatile"; exit 1; }

#!/bin/sh
# The crate libc 0.2.191 (x86_64-unknown-linux-gnu): ELF64_R_INFO and ELF32_R_INFO shift by the sum of
# 32 (or 8) and the type, where elf.h shifts the symbol's index and adds the type:
#   elf.h:  ELF64_R_INFO(1, 2) = (1 << 32) + 2 = 0x100000002     ELF32_R_INFO(1, 7) = (1 << 8) + 7 = 0x107
#   libc:   ELF64_R_INFO(1, 2) = 1 << 34       = 0x400000000     ELF32_R_INFO(1, 7) = (1 << 15) & 0xff = 0x0
# So ELF64_R_SYM(ELF64_R_INFO(1, 2)) is 4, and ELF64_R_TYPE of it is 0. Seen with rustc 1.95.0.
# Ends with 0 if it is so, with 1 if it has changed.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cat >"$dir/Cargo.toml" <<'END'
[package]
name = "elf-r-info"
version = "0.1.0"
edition = "2021"

[workspace]

[dependencies]
libc = "=0.2.191"
END
cat >"$dir/src/main.rs" <<'END'
fn main() {
    let wide = unsafe { libc::ELF64_R_INFO(1, 2) };
    let narrow = unsafe { libc::ELF32_R_INFO(1, 7) };
    let (symbol, kind) = unsafe { (libc::ELF64_R_SYM(wide), libc::ELF64_R_TYPE(wide)) };
    println!("{wide:#x} {narrow:#x} {symbol} {kind}");
}
END
cd "$dir"
seen=$(env -u RUSTC -u RUSTFLAGS -u CARGO_BUILD_TARGET cargo run --quiet --target-dir "$dir/target")
echo "seen: $seen"
[ "$seen" = "0x400000000 0x0 4 0" ]

//! What a program with `std` may expect of its system, as on Linux: by the first argument
//! `system`, `stdin`, `backtrace`, `panic`, `overflow` or `overflow-thread`.

use std::backtrace::Backtrace;
use std::hint::black_box;
use std::io::{Read, stdin};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("system") => system(),
        Some("stdin") => input(),
        Some("backtrace") => println!("{}", caller_of_backtrace()),
        Some("panic") => panic!("as I was told to, in std_expected::main"),
        Some("overflow") => println!("{} levels deep", recurse(1)),
        Some("overflow-thread") => {
            let thread = std::thread::spawn(|| recurse(1));
            println!("{:?} levels deep", thread.join());
        }
        _ => std::process::exit(2),
    }
}

fn system() {
    let mut variables: Vec<_> = (std::env::vars())
        .filter(|(name, _)| name != "RUST_BACKTRACE")
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    variables.sort();
    println!("variables: {}", variables.join(" "));
    match std::thread::available_parallelism() {
        Ok(count) => println!("processors: {count}"),
        Err(error) => println!("processors: {error}"),
    }
    println!("AVX: {}", std::arch::is_x86_feature_detected!("avx"));
    let top = (&raw const variables).addr();
    println!(
        "{} MiB of the first stack written",
        deep(top, 7 << 20) >> 20
    );
}

#[inline(never)]
fn caller_of_backtrace() -> Backtrace {
    Backtrace::force_capture()
}

/// Writes to the stack until it has grown by `bytes` from the address `top`; by how many it has.
#[inline(never)]
fn deep(top: usize, bytes: usize) -> usize {
    let frame = [1u8; 4 << 10];
    let grown = top - black_box(&frame).as_ptr().addr();
    let grown = if grown < bytes {
        deep(top, bytes)
    } else {
        grown
    };
    black_box(&frame);
    grown
}

fn input() {
    let mut text = Vec::new();
    stdin()
        .read_to_end(&mut text)
        .expect("the input can be read");
    println!("read: {:?}", String::from_utf8_lossy(&text));
    let mut more = [0; 8];
    if let Ok(0) = stdin().read(&mut more) {
        println!("ended, and stays so");
    }
}

/// Goes on until the stack is used up.
#[inline(never)]
#[expect(
    unconditional_recursion,
    reason = "this is the fault that the program is for"
)]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    recurse(depth + 1) + black_box(frame)[0]
}

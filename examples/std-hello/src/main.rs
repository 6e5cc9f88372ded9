//! The first program with `std`.

fn main() {
    println!("Hello from std on L4Re!");
    for (i, arg) in std::env::args().enumerate().skip(1) {
        println!("argument {i}: {arg}");
        match arg.as_str() {
            "panic" => panic!("as you asked"),
            "exit" => std::process::exit(7),
            _ => {}
        }
    }
}

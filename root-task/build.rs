//! Says where the root task is loaded, before there is a loader that could choose: as L4Re's
//! own root task, between sigma0 and the boot loader or kernel.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("l4re") {
        println!("cargo:rustc-link-arg-bins=--image-base=0x240000");
    }
}

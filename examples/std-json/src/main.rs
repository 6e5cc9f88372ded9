//! Crates that need `std`, at work: `regex` finds the texts in a file of the boot modules, and
//! `serde_json` makes JSON of them and reads it back.

use regex::bytes::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().next().ok_or("no arguments")?;
    let image = std::fs::read(&path)?;

    // The sources' paths stand in the image, in the messages of panics.
    let pattern = Regex::new(r"([a-z_]+)/src/([a-z_]+/)*([a-z_]+)\.rs")?;
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for found in pattern.captures_iter(&image) {
        let part = |i: usize| String::from_utf8_lossy(&found[i]).into_owned();
        let names = files.entry(part(1)).or_default();
        if !names.contains(&part(3)) {
            names.push(part(3));
        }
    }
    let text = serde_json::to_string(&json!({ "image": path, "crates": files }))?;
    let value: Value = serde_json::from_str(&text)?;
    println!("{} names {} crates", value["image"], files.len());
    let of_core = value["crates"]["core"].as_array().map_or(0, Vec::len);
    println!(
        "of core: {}",
        if of_core > 3 { "several files" } else { "none" }
    );
    println!("read back: {}", value["crates"] == json!(files));
    Ok(())
}

//! Files of the boot modules and of a server of files, by `std::fs`; clocks, environment and
//! randomness.

mod c;
mod written;

use l4re::factory::{Arg, Factory};
use l4re::sys::proto;
use l4re::{Cap, OwnedCap};
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::BuildHasher;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Instant, SystemTime};

fn main() -> io::Result<()> {
    boot_modules()?;
    clocks_and_randomness();
    let Ok(server) = l4re::start::env().named::<Factory>("tmpfs") else {
        println!("no files to be written: there is no capability `tmpfs`");
        return Ok(());
    };
    let share = share(server);
    written::all()?;
    // The server ends with its last share.
    drop(share);
    Ok(())
}

/// A share of the server's memory.
fn share(server: Cap<Factory>) -> l4re::Result<OwnedCap<()>> {
    server.create(proto::NAMESPACE, &[Arg::Word(64 << 10)])
}

fn boot_modules() -> io::Result<()> {
    // The ELF file of this program: the first argument is its path.
    let path = std::env::args().next().unwrap_or_default();
    let whole = fs::read(&path)?;
    println!("{path}: {:?}", whole[1..4].escape_ascii().to_string());

    let mut file = File::open(&path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::End(-8))?;
    let mut end = [0; 8];
    file.read_exact(&mut end)?;
    assert!(size == whole.len() as u64 && whole.ends_with(&end));
    println!("read whole and in part: alike");

    let mut names = Vec::new();
    for entry in fs::read_dir("/rom")? {
        names.push(entry?.file_name());
    }
    println!("listed: {}", names.iter().any(|name| name == "std-fs"));

    for wrong in ["rom/there-is-none", "nowhere/at-all"] {
        println!("{wrong}: {:?}", fs::read(wrong).unwrap_err().kind());
    }
    println!("writing: {:?}", File::create("rom/new").unwrap_err().kind());
    Ok(())
}

fn clocks_and_randomness() {
    let (start, date) = (Instant::now(), SystemTime::now());
    std::thread::sleep(std::time::Duration::from_millis(10));
    assert!(start.elapsed().as_millis() >= 10 && date.elapsed().is_ok());
    // Each map has keys of its own for its hashes; the first ones are random.
    let hashes: HashSet<u64> = (0..8).map(|_| RandomState::new().hash_one("key")).collect();
    println!("hashes of one key: {} different ones", hashes.len());
}

//! A client: files by messages, by memory, and by L4Re's own protocols.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use alloc::string::String;
use l4re::dataspace::Dataspace;
use l4re::factory::{Arg, Factory};
use l4re::mem_alloc::MemAlloc;
use l4re::namespace::Namespace;
use l4re::region::Window;
use l4re::sys::{ObjRights, proto};
use l4re::{Cap, Env, Error, OwnedCap, Result, println};
use tmpfs::{CREATE, File, Files, WRITE, entries, error, kind};

/// The share of the memory that the client takes.
const SHARE: u64 = 64 << 10;
const PAGE_ORDER: u32 = 12;
const PAGE: usize = 1 << PAGE_ORDER;

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let all: Cap<Factory> = env.named("tmpfs")?;
    let own: OwnedCap<dyn Files> = all.create(proto::NAMESPACE, &[Arg::Word(SHARE)])?;
    let files = own.cap();
    let used = || -> Result<u64> { Ok(files.cast::<MemAlloc>().info()?.quota_used) };
    let before = used()?;

    // Files by messages.
    files.make_dir("docs")?;
    files.make_dir("docs/sub")?;
    let file = files.open(WRITE | CREATE, "docs/a.txt")?;
    file.write(0, b"hello, file")?;
    let pages = files.open(WRITE | CREATE, "docs/pages")?;
    pages.resize(4 * PAGE as u64)?;
    on_demand(env, pages.cap())?;
    println!("docs: {}", list(files, "docs")?);
    println!("docs/a.txt: {}", text(&file.read(0, 100)?));

    // The same file is memory.
    let mut memory = env.rm().attach(pages.cap().cast().lend())?;
    memory.write(2 * PAGE, b"seen by both")?;
    let read = pages.read(2 * PAGE as u64, 12)?;
    println!("written by memory, read by message: {}", text(&read));
    pages.write(2 * PAGE as u64 + 5, b"again")?;
    let mut both = [0; 10];
    memory.read(2 * PAGE, &mut both)?;
    println!("written by message, read by memory: {}", text(&both));
    drop(memory);

    // Names come and go; who has a file open keeps it.
    files.rename("docs/a.txt", "docs/sub/b.txt")?;
    let found = files.stat("docs/sub/b.txt")?;
    if found.id != file.stat()?.id || files.stat("docs/a.txt") != Err(Error::NOT_FOUND) {
        return Err(Error::INVALID);
    }
    println!("renamed: docs/sub/b.txt");
    files.remove(false, "docs/sub/b.txt")?;
    let kept = text(&file.read(0, 100)?);
    println!("unlinked, and still open: {kept}");

    // There is an end to it.
    match write_much(files) {
        Err(error) if error == error::NO_SPACE => println!("1 MiB of 64 KiB: no space left"),
        result => println!("1 MiB of 64 KiB: {result:?}"),
    }
    files.remove(false, "much")?;

    // What L4Re's own programs would do.
    let names: Cap<Namespace> = files.cast();
    let anonymous: OwnedCap<dyn File> =
        (files.cast::<Factory>()).create(proto::DATASPACE, &[Arg::Word(PAGE as u64)])?;
    anonymous.write(0, b"no name yet")?;
    names.register("docs/named", Some(anonymous.cap()), ObjRights::RW, 0)?;
    drop(anonymous);
    let found: OwnedCap<dyn File> = names.query("docs/named")?;
    let known = text(&found.read(0, 11)?) == "no name yet";
    drop(found);
    let info: OwnedCap<dyn File> = names.query("docs/.dirinfo")?;
    let known = known && text(&info.read(0, 100)?) == "5:named\n5:pages\n3:sub\n";
    drop(info);
    names.unlink("docs/named")?;
    if known && names.query::<()>("docs/named").is_err() {
        println!("in L4Re's own words: registered, found, unlinked");
    }

    drop((file, pages));
    files.remove(false, "docs/pages")?;
    files.remove(true, "docs/sub")?;
    files.remove(true, "docs")?;
    // What was given up comes back when the server hears of it.
    for _ in 0..1000 {
        if used()? == before {
            println!("all memory is back");
            return Ok(());
        }
        l4re::time::sleep(core::time::Duration::from_millis(2));
    }
    println!("{} bytes are lost", used()? - before);
    Err(Error::NO_MEMORY)
}

/// A page is there as soon as somebody asks for it, and no sooner.
fn on_demand(env: &Env, file: Cap<dyn File>) -> Result<()> {
    let window = Window::new(env.rm(), PAGE_ORDER)?;
    let before = file.stat()?.used;
    file.cast::<Dataspace>()
        .map_into(3 * PAGE as u64, &window)?;
    window.write(7, b"demand")?;
    let there = text(&file.read(3 * PAGE as u64 + 7, 6)?);
    let after = file.stat()?.used;
    println!("{before} bytes of pages, then {after}: {there}");
    Ok(())
}

fn write_much(files: Cap<dyn Files>) -> Result<()> {
    let file = files.open(WRITE | CREATE, "much")?;
    for at in (0..1 << 20).step_by(400) {
        file.write(at, &[b'x'; 400])?;
    }
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The names in a directory, and what each is.
fn list(files: Cap<dyn Files>, path: &str) -> Result<String> {
    let mut names = String::new();
    let mut after = String::new();
    loop {
        let list = files.list(path, &after)?;
        let Some((_, last)) = entries(&list).last() else {
            return Ok(names);
        };
        for (kind, name) in entries(&list) {
            if !names.is_empty() {
                names += ", ";
            }
            names += name;
            if kind == kind::DIR {
                names += "/";
            } else {
                let stat = files.stat(&format!("{path}/{name}"))?;
                names += &format!(" ({} bytes)", stat.size);
            }
        }
        after = String::from(last);
    }
}

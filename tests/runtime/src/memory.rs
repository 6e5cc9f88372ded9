//! Dataspaces, region maps, name spaces.

use crate::{Case, Outcome, ok};
use l4re::namespace::Namespace;
use l4re::region::Window;
use l4re::{Cap, Error, OwnedCap, start};
use test_services::check;

pub const CASES: &[Case] = &[
    (
        "memory: a dataspace is empty and keeps what is written",
        dataspace,
    ),
    ("memory: regions end where they end", bounds),
    ("memory: what is read-only is not written", read_only),
    ("memory: copies of a dataspace are its own", copies),
    ("memory: the region map knows what is where", find),
    ("memory: regions have names", named),
    ("memory: what has been dropped is free again", dropped),
    ("memory: sizes beyond reason are refused", sizes),
    ("memory: files are found by name", files),
    ("memory: capabilities are found by name", names),
    (
        "memory: the first stack is as large as the program says",
        first_stack,
    ),
];

fn dataspace() -> Outcome {
    let env = start::env();
    let ds = ok(env.mem_alloc().dataspace(10_000))?;
    check!(ok(ds.size())? >= 10_000);
    let mut region = ok(env.rm().attach(ds))?;
    check!(region.size().is_multiple_of(4096) && region.size() >= 10_000);
    let mut bytes = [1; 300];
    for offset in [0, 4000, 9700] {
        ok(region.read(offset, &mut bytes))?;
        check!(bytes == [0; 300]);
    }
    for page in 0..3 {
        ok(region.write(page * 4096 + 17, &[page as u8 + 1]))?;
    }
    for page in 0..3 {
        ok(region.read(page * 4096 + 17, &mut bytes[..1]))?;
        check!(bytes[0] == page as u8 + 1);
    }
    Ok(())
}

fn bounds() -> Outcome {
    let env = start::env();
    let mut region = ok(env.rm().attach(ok(env.mem_alloc().dataspace(4096))?))?;
    let end = region.size();
    check!(region.write(end - 1, &[1, 2]).err() == Some(Error::OUT_OF_RANGE));
    check!(region.read(usize::MAX, &mut [0]).err() == Some(Error::OUT_OF_RANGE));
    check!(region.read(end, &mut []).is_ok());
    let window = ok(Window::new(env.rm(), 12))?;
    check!(window.read(4096, &mut [0]).err() == Some(Error::OUT_OF_RANGE));
    check!(Window::new(env.rm(), 5).is_err() && Window::new(env.rm(), 64).is_err());
    Ok(())
}

fn read_only() -> Outcome {
    let env = start::env();
    let ds = ok(env.mem_alloc().dataspace(4096))?;
    let mut region = ok(env.rm().attach_read_only(ds))?;
    check!(region.write(0, &[1]).err() == Some(Error::NO_PERMISSION));
    let mut byte = [1];
    ok(region.read(0, &mut byte))?;
    check!(byte == [0]);
    Ok(())
}

fn copies() -> Outcome {
    let env = start::env();
    let mut source = ok(env.rm().attach(ok(env.mem_alloc().dataspace(2 * 4096))?))?;
    ok(source.write(4096, b"original"))?;
    let copy = ok(env.mem_alloc().dataspace(4096))?;
    // SAFETY: the copy is not attached anywhere.
    ok(unsafe { copy.copy_in(0, source.dataspace(), 4096, 4096) })?;
    ok(source.write(4096, b"changed!"))?;
    let copy = ok(env.rm().attach(copy))?;
    let mut text = [0; 8];
    ok(copy.read(0, &mut text))?;
    check!(&text == b"original");
    Ok(())
}

fn find() -> Outcome {
    let env = start::env();
    let region = ok(env.rm().attach(ok(env.mem_alloc().dataspace(3 * 4096))?))?;
    let start = region.as_ptr().addr() as u64;
    let found = ok(env.rm().find(start + 4096, 1))?;
    check!(found.start == start && found.size == 3 * 4096);
    check!(!found.is_area);
    // This very code is somewhere, too.
    let here = find as *const () as u64;
    let found = ok(env.rm().find(here, 1))?;
    check!(found.start <= here && here - found.start < found.size);
    Ok(())
}

fn named() -> Outcome {
    let env = start::env();
    let new = || ok(env.mem_alloc().dataspace(4096));
    let region = ok(env.rm().attach_named(new()?, "letters"))?;
    let inside = region.as_ptr().addr() as u64 + 17;
    check!(ok(env.rm().region_info(inside))?.name == "letters");
    let long = "x".repeat(600);
    check!(env.rm().attach_named(new()?, &long).err() == Some(Error::TOO_LONG));
    Ok(())
}

fn dropped() -> Outcome {
    let env = start::env();
    let one = || ok(env.rm().attach(ok(env.mem_alloc().dataspace(1 << 20))?));
    let before = ok(env.mem_alloc().info())?.quota_used;
    for _ in 0..50 {
        let mut region = one()?;
        ok(region.write(0, &[1]))?;
        let (start, size) = (region.as_ptr().addr() as u64, region.size());
        drop(region);
        // Nothing of it is left: what is found, if anything, is behind it.
        let found = env.rm().find(start, size);
        check!(found.is_err() || found.is_ok_and(|f| f.is_area || f.start >= start + size as u64));
    }
    let after = ok(env.mem_alloc().info())?.quota_used;
    // The allocator may keep a little for its own tables; 50 MiB are not a little.
    check!(after.saturating_sub(before) < 1 << 18);
    Ok(())
}

fn sizes() -> Outcome {
    let env = start::env();
    check!(env.mem_alloc().dataspace(usize::MAX).is_err());
    check!(env.mem_alloc().dataspace(1 << 50).is_err());
    Ok(())
}

fn files() -> Outcome {
    let env = start::env();
    let path = env.args().next().ok_or(line!() as i64)?;
    let file = ok(env.rm().attach_read_only(ok(env.open(path))?))?;
    let mut magic = [0; 4];
    ok(file.read(0, &mut magic))?;
    check!(&magic == b"\x7fELF");
    check!(env.open("rom/there is no such file").err() == Some(Error::NOT_FOUND));
    check!(env.open("no name space/file").is_err());
    Ok(())
}

fn names() -> Outcome {
    let env = start::env();
    let rom: Cap<Namespace> = ok(env.named("rom"))?;
    check!(env.caps().any(|entry| entry.cap == rom.idx()));
    let missing = env.named::<Namespace>("missing");
    check!(matches!(missing, Err(Error::NoSuchCap(name)) if name.as_str() == "missing"));
    let nothing: l4re::Result<OwnedCap<Namespace>> = rom.query("");
    check!(nothing.is_err());
    Ok(())
}

/// What `main` asks for.
pub const STACK_SIZE: u64 = 12 << 20;

fn first_stack() -> Outcome {
    let on_it = core::hint::black_box(0u8);
    let here = (&raw const on_it).addr() as u64;
    let stack = ok(l4re::start::env().rm().find(here, 1))?;
    check!(stack.size == STACK_SIZE);
    check!(stack.start == l4re::sys::consts::STACK_ADDR);
    Ok(())
}

//! Clients of `tmpfs`.

use crate::{Outcome, Service, by_chance, ok, serve};
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use l4re::dataspace::Dataspace;
use l4re::factory::{Arg, Factory};
use l4re::mem_alloc::MemAlloc;
use l4re::region::Window;
use l4re::sys::proto;
use l4re::{Cap, Env, Error, OwnedCap, Result, start, time};
use test_services::{Tap, check};
use tmpfs::server::Session;
use tmpfs::{CREATE, FILE, FILES, File, Files, Mount, WRITE, error};

const SIZE: usize = 1 << 20;
const SHARE: u64 = 128 << 10;
const PAGE: u64 = 4096;
const PAGE_ORDER: u32 = 12;

pub fn cases(env: &'static Env, tap: &mut Tap) {
    let service: Result<Service<dyn Mount>> =
        serve(|registry| Session::root(start::env(), registry, SIZE, None));
    let service = match service {
        Ok(service) => service,
        Err(error) => return tap.case("tmpfs: starts", Err(error.label())),
    };
    let root = service.gate.cap().cast::<dyn Files>();
    tap.case("tmpfs: a file is one", works(root));
    tap.case("tmpfs: messages by chance", chance(root));
    tap.case("tmpfs: clients that open all they can", greedy(root));
    tap.case("tmpfs: shares that are too large, or gone", shares(root));
    tap.case(
        "tmpfs: memory that is cut off is zeros again",
        cut_off(env, root),
    );
    tap.case("tmpfs: files that may only be read", read_only(env, root));
    tap.case("tmpfs: all memory is back", back(root));
    tap.case("tmpfs: ends", service.end());
}

fn share(root: Cap<dyn Files>, size: u64) -> Result<OwnedCap<dyn Files>> {
    (root.cast::<Factory>()).create(proto::NAMESPACE, &[Arg::Word(size)])
}

fn used(files: Cap<dyn Files>) -> core::result::Result<u64, i64> {
    Ok(ok(files.cast::<MemAlloc>().info())?.quota_used)
}

fn works(root: Cap<dyn Files>) -> Outcome {
    let file = ok(root.open(WRITE | CREATE, "works"))?;
    ok(file.write(5, b"text"))?;
    check!(ok(file.read(4, 100))? == b"\0text");
    ok(root.remove(false, "works"))
}

fn chance(root: Cap<dyn Files>) -> Outcome {
    let own = ok(share(root, SHARE))?;
    let protocols = [FILES, proto::NAMESPACE, proto::FACTORY, proto::MEM_ALLOC];
    by_chance(own.cap(), &protocols, 3);
    let file = ok(share(root, SHARE).and_then(|files| files.open(WRITE | CREATE, "f")))?;
    by_chance(file.cap(), &[FILE, proto::DATASPACE], 4);
    works(root)
}

fn greedy(root: Cap<dyn Files>) -> Outcome {
    let own = ok(share(root, SHARE))?;
    let files = own.cap();
    let before = used(files)?;
    let mut held = Vec::new();
    let refused = loop {
        match files.open(WRITE | CREATE, &format!("f{}", held.len() / 3)) {
            Ok(file) => held.push(file),
            Err(error) => break error,
        }
        check!(held.len() < 1000);
    };
    check!(refused == error::NO_SPACE);
    // Others do not notice.
    works(root)?;
    for i in 0..held.len().div_ceil(3) {
        // The last may not have become a file.
        let _ = files.remove(false, &format!("f{i}"));
    }
    drop(held);
    for _ in 0..200 {
        if used(files)? == before {
            return Ok(());
        }
        time::sleep(Duration::from_millis(5));
    }
    check!(used(files)? == before);
    Ok(())
}

fn shares(root: Cap<dyn Files>) -> Outcome {
    check!(share(root, u64::MAX).map(drop) == Err(error::NO_SPACE));
    check!(share(root, 2 * SIZE as u64).map(drop) == Err(error::NO_SPACE));
    check!(share(root, 10).map(drop) == Err(error::NO_SPACE));
    let create = |protocol, args: &[Arg<'_>]| {
        let made: Result<OwnedCap<()>> = root.cast::<Factory>().create(protocol, args);
        made.map(drop)
    };
    check!(create(proto::NAMESPACE, &[]) == Err(Error::INVALID));
    check!(create(proto::TASK, &[Arg::Word(1)]) == Err(Error::NO_OPERATION));
    check!(create(proto::DATASPACE, &[Arg::Word(u64::MAX)]) == Err(error::NO_SPACE));
    for _ in 0..500 {
        let own = ok(share(root, SHARE))?;
        ok(own.make_dir("a"))?;
        let file = ok(own.open(WRITE | CREATE, "a/f"))?;
        ok(file.write(0, b"x"))?;
        // The share goes first, the file in it behind.
        drop(own);
        check!(ok(file.read(0, 9))? == b"x");
    }
    works(root)
}

fn cut_off(env: &Env, root: Cap<dyn Files>) -> Outcome {
    let file = ok(root.open(WRITE | CREATE, "cut"))?;
    let window = ok(Window::new(env.rm(), PAGE_ORDER))?;
    let memory = file.cap().cast::<Dataspace>();
    for round in 0..50 {
        ok(file.resize(2 * PAGE))?;
        ok(memory.map_into(PAGE, &window))?;
        let mut bytes = [1; 8];
        ok(window.read(0, &mut bytes))?;
        // What was not cut off is still there.
        let kept = if round % 2 == 0 && round > 0 {
            *b"a "
        } else {
            [0; 2]
        };
        check!(bytes[..2] == kept && bytes[2..] == [0; 6]);
        ok(window.write(0, b"a secret"))?;
        check!(ok(file.read(PAGE, 8))? == b"a secret");
        ok(file.resize(if round % 2 == 0 { PAGE } else { PAGE + 2 }))?;
        check!(memory.map_into(2 * PAGE, &window) == Err(Error::OUT_OF_RANGE));
    }
    check!(memory.map_into(u64::MAX, &window) == Err(Error::OUT_OF_RANGE));
    ok(root.remove(false, "cut"))
}

fn read_only(env: &Env, root: Cap<dyn Files>) -> Outcome {
    let file = ok(root.open(WRITE | CREATE, "ro"))?;
    ok(file.write(0, b"fixed"))?;
    let read_only = ok(root.open(0, "ro"))?;
    let window = ok(Window::new(env.rm(), PAGE_ORDER))?;
    let memory = read_only.cap().cast::<Dataspace>();
    let refused = Err(Error::NO_PERMISSION);
    check!(memory.map_into(0, &window).map(drop) == refused);
    check!(read_only.write(0, b"x") == refused);
    check!(read_only.resize(0) == refused);
    check!(memory.allocate(0, 1) == refused);
    let region = ok(env.rm().attach_read_only(read_only.cap().cast().lend()))?;
    let mut bytes = [0; 5];
    ok(region.read(0, &mut bytes))?;
    check!(&bytes == b"fixed");
    ok(root.remove(false, "ro"))
}

fn back(root: Cap<dyn Files>) -> Outcome {
    for _ in 0..200 {
        let info = ok(root.cast::<MemAlloc>().info())?;
        // The directory itself.
        if info.mem_used == 0 && info.quota_used < 1024 {
            return Ok(());
        }
        time::sleep(Duration::from_millis(5));
    }
    let info = ok(root.cast::<MemAlloc>().info())?;
    l4re::println!(
        "# {} of pages, {} of the quota",
        info.mem_used,
        info.quota_used
    );
    check!(false);
    Ok(())
}

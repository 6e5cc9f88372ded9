//! What tests on the fake kernel share.

use l4re::Env;
use l4re::sys::{CapIdx, Fpage, MsgTag, item, utcb};

/// Replaces sent items by what a receiver finds in their place.
pub fn transfer_items(tag: MsgTag) {
    let utcb = l4re::sys::utcb();
    for i in 0..tag.items() {
        let at = tag.words() + item::WORDS * i;
        if at + 1 < utcb::MSG_REGS && utcb.mr(at) & item::MAP != 0 {
            let fpage = Fpage::from_raw(utcb.mr(at + 1));
            utcb.set_mr(at, (fpage.raw() & 0xff0 | item::MAP) & !6);
        }
    }
}

/// The environment of a program on the fake kernel.
pub fn env() -> &'static Env {
    // A page of zeros with the mark of a kernel information page.
    #[repr(align(4096))]
    struct Page([u8; 4096]);
    let page = Box::leak(Box::new(Page([0; 4096])));
    page.0[..4].copy_from_slice(&l4re::sys::kip::MAGIC.to_le_bytes());
    let cap = CapIdx::from_index;
    let raw = l4re::sys::Env {
        parent: cap(1),
        rm: cap(2),
        mem_alloc: cap(3),
        log: cap(4),
        main_thread: cap(5),
        factory: cap(6),
        scheduler: cap(7),
        itas: CapIdx::INVALID,
        dbg_events: CapIdx::INVALID,
        first_free_cap: 0x1000,
        first_free_reply_cap: 8,
        utcb_area: Fpage::INVALID,
        first_free_utcb: 0,
        caps: std::ptr::null(),
    };
    // SAFETY: the page is leaked, and nothing on the host executes it.
    let kip = unsafe { l4re::kip::Kip::new((&raw const *page).cast()) }.expect("a page");
    // SAFETY: everything is leaked or null.
    Box::leak(Box::new(unsafe { Env::from_raw(raw, kip, &[], &[]) }))
}

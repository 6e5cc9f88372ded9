//! Properties of the words that the interface is made of.

use l4re_sys::item::{self, MapItem, ReturnItem};
use l4re_sys::memdesc::MemDesc;
use l4re_sys::timeout::{US_MAX, US_NEVER};
use l4re_sys::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_tag_holds_what_it_was_made_of(
        label in -(1i64 << 47)..(1i64 << 47),
        words in 0usize..64,
        items in 0usize..64,
        flags in 0u16..16,
    ) {
        let flags = TagFlags::from_bits_retain(flags << 12);
        let tag = MsgTag::new(label, words, items, flags);
        prop_assert_eq!(tag.label(), label);
        prop_assert_eq!(tag.words(), words);
        prop_assert_eq!(tag.items(), items);
        prop_assert_eq!(tag.flags(), flags);
        prop_assert_eq!(tag.has_error(), flags.contains(TagFlags::ERROR));
    }

    #[test]
    fn memory_is_aligned_however_it_was_made(addr: u64, order in 12u32..63, rights in 0u8..8) {
        let fpage = Fpage::memory(addr, order, MemRights::from_bits_retain(rights));
        prop_assert_eq!(fpage.kind(), FpageType::Memory);
        prop_assert_eq!(fpage.order(), order);
        prop_assert_eq!(fpage.addr(), addr >> order << order);
        prop_assert_eq!(fpage.mem_rights().bits(), rights);
        prop_assert_eq!(Fpage::from_raw(fpage.raw()), fpage);
    }

    #[test]
    fn any_word_becomes_an_aligned_flexpage(raw: u64) {
        let fpage = Fpage::from_raw(raw);
        let size = match fpage.kind() {
            FpageType::Memory => fpage.order(),
            FpageType::Io | FpageType::Obj => fpage.order() + 12,
            FpageType::Special => return Ok(()),
        };
        let start = fpage.raw() & !0xfff;
        prop_assert!(start == 0 || start.trailing_zeros() >= size);
        // Nothing but the start is changed.
        prop_assert_eq!(fpage.raw() & 0xfff, raw & 0xfff);
    }

    #[test]
    fn capabilities_are_aligned(index in 0u64..1 << 40, order in 0u32..20, rights in 0u8..16) {
        let rights = ObjRights::from_bits_retain(rights);
        let fpage = Fpage::obj(CapIdx::from_index(index), order, rights);
        prop_assert_eq!(fpage.kind(), FpageType::Obj);
        prop_assert_eq!(fpage.cap().index(), index >> order << order);
        prop_assert_eq!(fpage.obj_rights(), rights);
        prop_assert!(fpage.cap().is_valid());
    }

    #[test]
    fn ports_are_aligned(port: u16, order in 0u32..=16) {
        let fpage = Fpage::io(port, order);
        prop_assert_eq!(fpage.kind(), FpageType::Io);
        prop_assert_eq!(fpage.page_number(), u64::from(port) >> order << order);
    }

    #[test]
    fn a_timeout_never_ends_early_and_hardly_late(us in 1u64..=US_MAX) {
        let told = TimeoutS::from_us(us).as_us();
        let longest = 1023u64 << 31;
        if us <= longest {
            prop_assert!(told >= us);
            // 10 bits of mantissa, of which the highest is set: less than 1/512 too long.
            prop_assert!(told - us <= us / 512);
        } else {
            prop_assert_eq!(told, longest);
        }
    }

    #[test]
    fn timeouts_of_a_pair_stay_apart(send: u16, recv: u16) {
        let timeout = Timeout::new(TimeoutS(send), TimeoutS(recv));
        prop_assert_eq!(timeout.send(), TimeoutS(send));
        prop_assert_eq!(timeout.recv(), TimeoutS(recv));
    }

    #[test]
    fn absolute_timeouts_name_their_register(br in 0usize..58) {
        prop_assert_eq!(TimeoutS::absolute(br).absolute_register(), Some(br));
        prop_assert!(!TimeoutS::absolute(br).is_never());
    }

    #[test]
    fn buffer_descriptors_hold_their_numbers(mem in 0usize..32, io in 0usize..32, obj in 0usize..32) {
        let bdr = BufferDesc::new(mem, io, obj);
        prop_assert_eq!((bdr.mem(), bdr.io(), bdr.obj()), (mem, io, obj));
        prop_assert!(!bdr.inherits_fpu());
    }

    #[test]
    fn memory_descriptors_hold_whole_kib(start: u64, size in 0u64..1 << 40, kind in 0u8..16, sub in 0u8..16, is_virtual: bool) {
        let end = start.saturating_add(size);
        let desc = MemDesc::new(start, end, kind, sub, is_virtual);
        prop_assert!(desc.start() <= start && start - desc.start() < 1024);
        prop_assert!(desc.end() >= end && desc.end() - end < 1024);
        prop_assert_eq!((desc.kind(), desc.subtype(), desc.is_virtual()), (kind, sub, is_virtual));
    }

    #[test]
    fn items_keep_spot_and_options_apart(spot: u64, cache in prop::sample::select(vec![0u64, 1, 3, 5])) {
        let page = Fpage::page(0x5000, MemRights::RW);
        let item = MapItem::map(spot, page).with_cache(cache);
        prop_assert_eq!(item.spot(), spot & !0xfff);
        prop_assert_eq!(item.control & 0x70, cache << item::CACHE_SHIFT);
        prop_assert!(!item.is_void());
        prop_assert_eq!(item.continued().control ^ item.control, item::CONT);
        prop_assert_eq!(MapItem::grant(spot, page).control ^ MapItem::map(spot, page).control, item::GRANT);
    }

    #[test]
    fn any_two_words_are_some_return_item(control: u64, data: u64) {
        match ReturnItem::from_words(control, data) {
            ReturnItem::Void => prop_assert!(control & item::MAP == 0 || control & 6 == 2),
            ReturnItem::Mapped { spot, order, .. } => {
                prop_assert_eq!(spot, control & !0xfff);
                prop_assert_eq!(u64::from(order), (control >> 6) & 0x3f);
            }
            ReturnItem::Label(label) => prop_assert_eq!(label, data),
            ReturnItem::Local(fpage) => prop_assert_eq!(fpage, Fpage::from_raw(data)),
        }
    }

    #[test]
    fn names_of_capabilities_come_back(name in "[a-z_]{0,17}") {
        match EnvCapEntry::new(&name, CapIdx::LOG) {
            Some(entry) => {
                prop_assert!(name.len() <= 16);
                prop_assert_eq!(entry.name(), name.as_bytes());
                prop_assert!(!entry.is_end());
            }
            None => prop_assert!(name.len() > 16),
        }
    }
}

#[test]
fn special_timeouts() {
    assert_eq!(TimeoutS::from_us(0), TimeoutS::ZERO);
    assert_eq!(TimeoutS::ZERO.as_us(), 0);
    assert_eq!(TimeoutS::from_us(US_NEVER), TimeoutS::NEVER);
    assert_eq!(TimeoutS::from_us(US_MAX + 1), TimeoutS::NEVER);
    assert_eq!(TimeoutS::NEVER.as_us(), US_NEVER);
    // Where rounding up carries into the next exponent.
    assert_eq!(TimeoutS::from_us(2047).as_us(), 2048);
}

#[test]
fn capability_selectors() {
    assert!(!CapIdx::INVALID.is_valid());
    assert!(CapIdx::TASK.is_valid() && !CapIdx::TASK.is_reply());
    assert_eq!(CapIdx::TASK.next(), CapIdx::FACTORY);
    assert!(CapIdx::reply(3).is_reply());
    assert_eq!(CapIdx::reply(3).index(), 3);
    assert!(EnvCapEntry::end().is_end());
}

/// A page with strings and descriptors that lead out of it: what is in it is found, nothing
/// else is read.
#[test]
fn a_kip_is_read_within_its_page() {
    #[repr(C, align(4096))]
    struct Page([u8; 4096]);
    let mut page = Box::new(Page([b'x'; 4096]));
    let kip = (&raw mut *page).cast::<KernelInfo>();
    // SAFETY: a page is large enough and aligned for its head, and nobody refers to it.
    let set = |descs: u32| unsafe {
        (*kip).offset_version_strings = 255;
        (*kip).mem_descs = descs;
        (*kip).mem_descs_num = 1000;
    };
    // SAFETY: the page is mapped, and does not change while something of it is referred to.
    let descs = || unsafe { KernelInfo::mem_descs(kip) }.len();
    set(4096 - 32);
    // SAFETY: the page is mapped, and its strings do not change.
    assert_eq!(unsafe { KernelInfo::strings(kip) }.count(), 0);
    assert_eq!(descs(), 2);
    // Behind the page, not aligned, and where the kernel's clock is.
    for none in [u32::MAX - 7, 4096, 3, 0, 32] {
        set(none);
        assert_eq!(descs(), 0);
    }
}

/// What the headers' inline functions make of the same arguments.
#[test]
fn messages_are_put_together_as_by_the_headers() {
    let tag = MsgTag::new(-2, 5, 3, TagFlags::SCHEDULE);
    assert_eq!(tag.0, (-2i64 as u64) << 16 | 0x2000 | 3 << 6 | 5);
    let fpage = Fpage::memory(0x1234_5fff, 12, MemRights::RW);
    assert_eq!(fpage.raw(), 0x1234_5000 | 12 << 6 | 1 << 4 | 6);
    let obj = MapItem::cap(CapIdx::FACTORY, ObjRights::RWS);
    assert_eq!((obj.control, obj.fpage.raw()), (8, 0x2000 | 3 << 4 | 7));
    assert_eq!(RcvItem::single(CapIdx::LOG).0, 0x5000 | 0xa);
    assert_eq!(varg::VargTag::new(varg::UMWORD, 8).0, 1 | 8 << 16);
    assert_eq!(Timeout::SEND_ZERO.0, 0x0400_0000);
    assert_eq!(Timeout::RECV_ZERO.0, 0x0400);
    assert_eq!(Timeout::BOTH_ZERO.0, 0x0400_0400);
}

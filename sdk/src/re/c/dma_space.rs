//! Address spaces of devices.

use crate::ctypes::*;
use crate::re::rpc::done;
use l4re::dma_space::{DmaAttrs, DmaSpace, DmaSpaceMgr};
use l4re::task::Task;
use l4re::{Cap, Error, services};
use l4re_sys::consts::PAGE_SHIFT;
use l4re_sys::re::dma_space::UNMAP_CANCEL_RESERVATION;

/// A capability without the rights that the lower bits of a selector may tell.
fn plain(cap: l4_cap_idx_t) -> l4_cap_idx_t {
    l4_cap_idx_t::from_index(cap.index())
}

/// Maps `*size` bytes of a dataspace for devices, from `offset` on; attributes are
/// `L4RE_DMA_SPACE_*`. `*dma_addr` is the address for devices, or where to search from, and becomes
/// the one found; `*size` becomes what was mapped. The direction has no effect: devices may write
/// what the capability lets its holder write. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_dma_space_map(
    dma: l4re_dma_space_t,
    src: l4re_ds_t,
    offset: l4re_ds_offset_t,
    size: &mut l4_size_t,
    attrs: c_ulong,
    _dir: enum_l4re_dma_space_direction,
    dma_addr: &mut l4re_dma_space_dma_addr_t,
) -> l4_ret_t {
    let source = src.is_valid().then(|| Cap::new(plain(src)));
    let all = *dma_addr..=u64::MAX;
    let attrs = DmaAttrs::from_bits_retain(attrs as u32);
    let space = Cap::<DmaSpace>::new(dma);
    let mapped = space.map_at(source, offset, *size, all, attrs, PAGE_SHIFT as u8);
    done(mapped.map(|mapped| (*dma_addr, *size) = (mapped.address, mapped.size)))
}

/// Unmaps; with the attribute `L4RE_DMA_SPACE_RESERVE`, gives up what was reserved. The direction
/// has no effect. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_dma_space_unmap(
    dma: l4re_dma_space_t,
    dma_addr: l4re_dma_space_dma_addr_t,
    size: l4_size_t,
    attrs: c_ulong,
    _dir: enum_l4re_dma_space_direction,
) -> l4_ret_t {
    let reserved = DmaAttrs::from_bits_retain(attrs as u32).contains(DmaAttrs::RESERVE);
    let flags = if reserved {
        UNMAP_CANCEL_RESERVATION
    } else {
        0
    };
    let space = Cap::<dyn services::DmaSpace>::new(dma);
    done(services::DmaSpace::unmap(&space, dma_addr, size, flags))
}

/// Has an address space be the kernel's one of devices, `dma_task`; attributes are
/// `L4RE_DMA_SPACE_MGR_IDENTITY_MAP` or none. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_dma_space_mgr_associate(
    dma_mgr: l4re_dma_space_mgr_t,
    dma_space: l4re_dma_space_t,
    dma_task: l4_cap_idx_t,
    attr: enum_l4re_dma_space_mgr_space_attribs,
) -> l4_ret_t {
    let mgr = Cap::<dyn services::DmaSpaceMgr>::new(dma_mgr);
    let (space, task) = (
        Cap::new(plain(dma_space)),
        Cap::<Task>::new(plain(dma_task)),
    );
    done(services::DmaSpaceMgr::associate(&mgr, space, task, attr))
}

/// Has an address space be physical memory. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_dma_space_mgr_associate_phys(
    dma_mgr: l4re_dma_space_mgr_t,
    dma_space: l4re_dma_space_t,
    attr: enum_l4re_dma_space_mgr_space_attribs,
) -> l4_ret_t {
    let mgr = Cap::<dyn services::DmaSpaceMgr>::new(dma_mgr);
    let space = Cap::new(plain(dma_space));
    done(services::DmaSpaceMgr::associate_phys(&mgr, space, attr))
}

/// Has an address space be nothing. 0, or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_dma_space_mgr_disassociate(
    dma_mgr: l4re_dma_space_mgr_t,
    dma_space: l4re_dma_space_t,
) -> l4_ret_t {
    done(Cap::<DmaSpaceMgr>::new(dma_mgr).disassociate(Cap::new(plain(dma_space))))
}

/// Keeps `size` bytes free of mappings: at `*addr`, or with `L4RE_DMA_SPACE_MGR_SEARCH_ADDR`
/// anywhere from there to `max_addr`, aligned to `1 << align` bytes; `*addr` becomes the place. 0,
/// or a negative error code.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_dma_space_mgr_block_area(
    dma_mgr: l4re_dma_space_mgr_t,
    dma_space: l4re_dma_space_t,
    addr: &mut l4re_dma_space_dma_addr_t,
    size: l4re_dma_space_dma_size_t,
    max_addr: l4re_dma_space_dma_addr_t,
    flags: enum_l4re_dma_space_mgr_block_flags,
    align: c_uchar,
) -> l4_ret_t {
    let mgr = Cap::<dyn services::DmaSpaceMgr>::new(dma_mgr);
    let space = Cap::new(plain(dma_space));
    done(services::DmaSpaceMgr::block_area(
        &mgr, space, addr, size, max_addr, flags, align,
    ))
}

/// Sets which addresses an address space has. 0, or a negative error code: `-L4_EINVAL` if the
/// last is before the first.
#[unsafe(no_mangle)]
pub extern "C" fn l4re_dma_space_mgr_set_limits(
    dma_mgr: l4re_dma_space_mgr_t,
    dma_space: l4re_dma_space_t,
    min_addr: l4re_dma_space_dma_addr_t,
    max_addr: l4re_dma_space_dma_addr_t,
) -> l4_ret_t {
    if min_addr > max_addr {
        return done(Err(Error::INVALID));
    }
    let space = Cap::new(plain(dma_space));
    done(Cap::<DmaSpaceMgr>::new(dma_mgr).set_limits(space, min_addr..=max_addr))
}

#[cfg(test)]
mod tests {
    use super::*;
    use l4re_sys::consts::PAGE_SIZE;
    use l4re_sys::re::dma_space::*;
    use l4re_sys::{err, fake};

    const SPACE: l4re_dma_space_t = l4_cap_idx_t::from_index(9);
    const DS: l4re_ds_t = l4_cap_idx_t::from_index(10);

    #[test]
    fn a_mapping_tells_its_address_and_size() {
        let (mut size, mut at) = (2 * PAGE_SIZE as u64, 0x4000);
        let attrs = u64::from(DmaAttrs::SEARCH_ADDR.bits());
        let mapped = fake::with(
            |call| {
                let words = call.words();
                assert_eq!(words[..3], [u64::from(MAP), 0x1000, 0x2000]);
                assert_eq!(words[4..6], [0x4000, u64::MAX]);
                assert_eq!(call.items().len(), 1);
                call.reply(0, &[0x1000, 0x7654_3000])
            },
            || l4re_dma_space_map(SPACE, DS, 0x1000, &mut size, attrs, TO_DEVICE, &mut at),
        );
        assert_eq!((mapped, size, at), (0, 0x1000, 0x7654_3000));
        let failed = fake::with(
            |_| fake::Reply::label(-err::ERANGE),
            || l4re_dma_space_map(SPACE, DS, 0, &mut size, attrs, TO_DEVICE, &mut at),
        );
        assert_eq!(
            (i64::from(failed), size, at),
            (-err::ERANGE, 0x1000, 0x7654_3000)
        );
    }

    #[test]
    fn a_reservation_is_given_up_by_its_attribute() {
        let flags = |attrs: DmaAttrs| {
            let mut found = 0;
            let status = fake::with(
                |call| {
                    found = call.words()[3] as u32;
                    fake::Reply::label(0)
                },
                || l4re_dma_space_unmap(SPACE, 0x1000, 0x2000, attrs.bits().into(), TO_DEVICE),
            );
            assert_eq!(status, 0);
            found
        };
        assert_eq!(flags(DmaAttrs::empty()), 0);
        assert_eq!(flags(DmaAttrs::RESERVE), UNMAP_CANCEL_RESERVATION);
    }

    #[test]
    fn limits_are_in_order() {
        let bad = l4re_dma_space_mgr_set_limits(SPACE, DS, 2, 1);
        assert_eq!(i64::from(bad), -err::EINVAL);
    }
}

#include <l4/sys/types.h>
#include <l4/re/c/dataspace.h>

/** An address space of devices. */
typedef l4_cap_idx_t l4re_dma_space_t;
/** Who tells what address spaces of devices are. */
typedef l4_cap_idx_t l4re_dma_space_mgr_t;
/** An address for devices. */
typedef l4_uint64_t l4re_dma_space_dma_addr_t;
/** A size for devices. */
typedef l4_uint64_t l4re_dma_space_dma_size_t;

//@ enum l4re_dma_space_direction: L4RE_DMA_SPACE_BIDIRECTIONAL L4RE_DMA_SPACE_TO_DEVICE L4RE_DMA_SPACE_FROM_DEVICE L4RE_DMA_SPACE_NONE
//@ enum l4re_dma_space_mgr_space_attribs: L4RE_DMA_SPACE_MGR_IDENTITY_MAP
//@ enum l4re_dma_space_mgr_block_flags: L4RE_DMA_SPACE_MGR_SEARCH_ADDR
//@ all

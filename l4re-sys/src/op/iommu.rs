//! I/O memory management units ([`proto::IOMMU`](crate::proto::IOMMU)).

abi! {
    in "l4/sys/iommu" {
        /// Bind an address space to a device: source; item: the space.
        BIND: u64 = 0 => "L4::Iommu::bind";
        /// Unbind it.
        UNBIND: u64 = 1 => "L4::Iommu::unbind";
    }
}

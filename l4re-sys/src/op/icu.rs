//! Interrupt controllers ([`proto::IRQ`](crate::proto::IRQ)).

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/sys/icu.h" {
        /// Bind an interrupt: its number; item: the interrupt object.
        BIND: u64 = 0 => "L4_ICU_OP_BIND";
        /// Unbind an interrupt: its number; item: the interrupt object.
        UNBIND: u64 = 1 => "L4_ICU_OP_UNBIND";
        /// The reply holds features, and how many interrupts and message-signalled ones.
        INFO: u64 = 2 => "L4_ICU_OP_INFO";
        /// How a device signals: number, source; the reply holds address and data.
        MSI_INFO: u64 = 3 => "L4_ICU_OP_MSI_INFO";
        /// Let the interrupt through: its number. Sent, not called.
        UNMASK: u64 = 4 => "L4_ICU_OP_UNMASK";
        /// Hold the interrupt back: its number. Sent, not called.
        MASK: u64 = 5 => "L4_ICU_OP_MASK";
        /// What triggers the interrupt: number, mode.
        SET_MODE: u64 = 6 => "L4_ICU_OP_SET_MODE";
        /// Of C's `l4_icu_control()`: let through.
        CTL_UNMASK: u32 = 0 => "L4_ICU_CTL_UNMASK";
        /// Of C's `l4_icu_control()`: hold back.
        CTL_MASK: u32 = 1 => "L4_ICU_CTL_MASK";
        /// Bit of a number: message-signalled.
        FLAG_MSI: u64 = 0x8000_0000 => "L4_ICU_FLAG_MSI";
        /// Mode: as it is.
        F_NONE: u64 = 0 => "L4_IRQ_F_NONE";
        /// Part of a mode: it is to be set.
        F_SET_MODE: u64 = 1 => "L4_IRQ_F_SET_MODE";
        /// Part of a mode: an edge.
        F_EDGE: u64 = 0 => "L4_IRQ_F_EDGE";
        /// Part of a mode: a level.
        F_LEVEL: u64 = 2 => "L4_IRQ_F_LEVEL";
        /// Part of a mode: rising, or high.
        F_POS: u64 = 0 => "L4_IRQ_F_POS";
        /// Part of a mode: falling, or low.
        F_NEG: u64 = 4 => "L4_IRQ_F_NEG";
        /// Part of a mode: either.
        F_BOTH: u64 = 8 => "L4_IRQ_F_BOTH";
        /// Mode: a high level.
        F_LEVEL_HIGH: u64 = 3 => "L4_IRQ_F_LEVEL_HIGH";
        /// Mode: a low level.
        F_LEVEL_LOW: u64 = 7 => "L4_IRQ_F_LEVEL_LOW";
        /// Mode: a rising edge.
        F_POS_EDGE: u64 = 1 => "L4_IRQ_F_POS_EDGE";
        /// Mode: a falling edge.
        F_NEG_EDGE: u64 = 5 => "L4_IRQ_F_NEG_EDGE";
        /// Mode: either edge.
        F_BOTH_EDGE: u64 = 9 => "L4_IRQ_F_BOTH_EDGE";
        /// Bits of the mode.
        F_MASK: u64 = 0xf => "L4_IRQ_F_MASK";
        /// Wakes the machine.
        F_SET_WAKEUP: u64 = 0x10 => "L4_IRQ_F_SET_WAKEUP";
        /// Does not wake the machine.
        F_CLEAR_WAKEUP: u64 = 0x20 => "L4_IRQ_F_CLEAR_WAKEUP";
    }
}

abi_struct! {
    /// What an interrupt controller has.
    pub struct IcuInfo = "l4_icu_info_t" in "l4/sys/icu.h" {
        /// [`FLAG_MSI`] if it has message-signalled interrupts.
        features: u32 => "features",
        /// The number of interrupts.
        nr_irqs: u32 => "nr_irqs",
        /// The number of message-signalled interrupts.
        nr_msis: u32 => "nr_msis",
    }
}

abi_struct! {
    /// How a device signals an interrupt: by writing.
    #[derive(PartialEq, Eq, Default)]
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct MsiInfo = "l4_icu_msi_info_t" in "l4/sys/icu.h" {
        /// Where.
        addr: u64 => "msi_addr",
        /// What.
        data: u32 => "msi_data",
        /// Not used: 0.
        padding: [u8; 4],
    }
}

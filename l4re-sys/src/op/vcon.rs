//! Virtual consoles and logs ([`proto::LOG`](crate::proto::LOG)).

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/sys/vcon.h" {
        /// Write: size in bytes, bytes. Sent with the flag to schedule, not called.
        WRITE: u64 = 0 => "L4_VCON_WRITE_OP";
        /// Read at most (bits 16 and up) bytes; the reply holds status and size, then bytes.
        READ: u64 = 1 => "L4_VCON_READ_OP";
        /// Set the attributes ([`VconAttr`]).
        SET_ATTR: u64 = 2 => "L4_VCON_SET_ATTR_OP";
        /// The reply holds the attributes from register 1 on.
        GET_ATTR: u64 = 3 => "L4_VCON_GET_ATTR_OP";
        /// The most bytes of one write.
        WRITE_SIZE: usize = 488 => "L4_VCON_WRITE_SIZE";
        /// The most bytes of one read.
        READ_SIZE: usize = 496 => "L4_VCON_READ_SIZE";
        /// Bits of a read's status that are the size.
        READ_SIZE_MASK: u32 = 0x3fff_ffff => "L4_VCON_READ_SIZE_MASK";
        /// Bit of a read's status: a break was received.
        READ_STAT_BREAK: u32 = 0x4000_0000 => "L4_VCON_READ_STAT_BREAK";
        /// Bit of a read's status: there is nothing more.
        READ_STAT_DONE: u32 = 0x8000_0000 => "L4_VCON_READ_STAT_DONE";
        /// Input: newline becomes carriage return.
        I_INLCR: u64 = 0o100 => "L4_VCON_INLCR";
        /// Input: carriage returns are dropped.
        I_IGNCR: u64 = 0o200 => "L4_VCON_IGNCR";
        /// Input: carriage return becomes newline.
        I_ICRNL: u64 = 0o400 => "L4_VCON_ICRNL";
        /// Output: newline becomes carriage return and newline.
        O_ONLCR: u64 = 4 => "L4_VCON_ONLCR";
        /// Output: carriage return becomes newline.
        O_OCRNL: u64 = 8 => "L4_VCON_OCRNL";
        /// Output: carriage returns are dropped.
        O_ONLRET: u64 = 0o40 => "L4_VCON_ONLRET";
        /// Local: whole lines.
        L_ICANON: u64 = 2 => "L4_VCON_ICANON";
        /// Local: input is echoed.
        L_ECHO: u64 = 8 => "L4_VCON_ECHO";
    }
}

abi_struct! {
    /// Attributes of a console.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct VconAttr = "l4_vcon_attr_t" in "l4/sys/vcon.h" {
        /// Of input.
        i_flags: u64 => "i_flags",
        /// Of output.
        o_flags: u64 => "o_flags",
        /// Local.
        l_flags: u64 => "l_flags",
    }
}

/// The lowest bit of the size in a [`READ`] request (`l4_vcon_read()`).
pub const READ_SIZE_SHIFT: u32 = 16;

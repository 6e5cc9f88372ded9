//! Error codes: a service answers with the negative of one as its label.

abi! {
    in "l4/sys/err.h" {
        /// No error.
        EOK: i64 = 0 => "L4_EOK";
        /// No permission.
        EPERM: i64 = 1 => "L4_EPERM";
        /// No such entity.
        ENOENT: i64 = 2 => "L4_ENOENT";
        /// Input or output failed.
        EIO: i64 = 5 => "L4_EIO";
        /// No such device or address.
        ENXIO: i64 = 6 => "L4_ENXIO";
        /// The argument is too big.
        E2BIG: i64 = 7 => "L4_E2BIG";
        /// Try again.
        EAGAIN: i64 = 11 => "L4_EAGAIN";
        /// No memory.
        ENOMEM: i64 = 12 => "L4_ENOMEM";
        /// No access.
        EACCESS: i64 = 13 => "L4_EACCESS";
        /// A memory address is bad.
        EFAULT: i64 = 14 => "L4_EFAULT";
        /// Busy.
        EBUSY: i64 = 16 => "L4_EBUSY";
        /// It exists already.
        EEXIST: i64 = 17 => "L4_EEXIST";
        /// No such device.
        ENODEV: i64 = 19 => "L4_ENODEV";
        /// Not a directory.
        ENOTDIR: i64 = 20 => "L4_ENOTDIR";
        /// An argument is not valid.
        EINVAL: i64 = 22 => "L4_EINVAL";
        /// No space left.
        ENOSPC: i64 = 28 => "L4_ENOSPC";
        /// Out of range.
        ERANGE: i64 = 34 => "L4_ERANGE";
        /// The name is too long.
        ENAMETOOLONG: i64 = 36 => "L4_ENAMETOOLONG";
        /// There is no such operation.
        ENOSYS: i64 = 38 => "L4_ENOSYS";
        /// The object does not speak the protocol.
        EBADPROTO: i64 = 39 => "L4_EBADPROTO";
        /// The address is not available.
        EADDRNOTAVAIL: i64 = 99 => "L4_EADDRNOTAVAIL";
        /// The last code of this kind.
        ERRNOMAX: i64 = 100 => "L4_ERRNOMAX";
        /// A server's own: there is no reply to send.
        ENOREPLY: i64 = 1000 => "L4_ENOREPLY";
        /// The message is too short for its arguments.
        EMSGTOOSHORT: i64 = 1001 => "L4_EMSGTOOSHORT";
        /// The arguments do not fit into a message.
        EMSGTOOLONG: i64 = 1002 => "L4_EMSGTOOLONG";
        /// A capability in a message is missing or invalid.
        EMSGMISSARG: i64 = 1003 => "L4_EMSGMISSARG";
        /// The result does not fit into a label.
        EMSGERRRANGE: i64 = 1004 => "L4_EMSGERRRANGE";
        /// A server's own: drop the reply capability.
        EDROPREPLY: i64 = 1005 => "L4_EDROPREPLY";
        /// Below this the code is not an IPC error; the error of the UTCB is added to it.
        EIPC_LO: i64 = 2000 => "L4_EIPC_LO";
        /// The last code of an IPC error.
        EIPC_HI: i64 = 2031 => "L4_EIPC_HI";
    }
}

//! The kernel debugger ([`proto::DEBUGGER`](crate::proto::DEBUGGER)).
//!
//! Requests about an object are [`GROUP_KOBJ`] plus the operation, with the object as item.

abi! {
    in "l4/sys/kdebug.h" {
        /// Added to the debugger's own operations.
        GROUP_JDB: u64 = 0 => "L4_KDEBUG_GROUP_JDB";
        /// Added to the operations of coverage.
        GROUP_COV: u64 = 0x400 => "L4_KDEBUG_GROUP_COV";
        /// Added to the operations that write about the kernel.
        GROUP_DUMP: u64 = 0x500 => "L4_KDEBUG_GROUP_DUMP";
        /// Added to the operations of the kernel's objects.
        GROUP_KOBJ: u64 = 0x100 => "L4_KDEBUG_GROUP_KOBJ";
        /// Added to the operations of the trace buffer.
        GROUP_TRACE: u64 = 0x200 => "L4_KDEBUG_GROUP_TRACE";
        /// Enter the debugger: size, text.
        ENTER: u64 = 0 => "L4_KDEBUG_ENTER";
        /// Write a character.
        OUTCHAR: u64 = 1 => "L4_KDEBUG_OUTCHAR";
        /// Write a string: size, text.
        OUTNSTRING: u64 = 2 => "L4_KDEBUG_OUTNSTRING";
        /// Write a number of 32 bits in hexadecimal.
        OUTHEX32: u64 = 3 => "L4_KDEBUG_OUTHEX32";
        /// Write a number of 20 bits in hexadecimal.
        OUTHEX20: u64 = 4 => "L4_KDEBUG_OUTHEX20";
        /// Write a number of 16 bits in hexadecimal.
        OUTHEX16: u64 = 5 => "L4_KDEBUG_OUTHEX16";
        /// Write a number of 12 bits in hexadecimal.
        OUTHEX12: u64 = 6 => "L4_KDEBUG_OUTHEX12";
        /// Write a number of 8 bits in hexadecimal.
        OUTHEX8: u64 = 7 => "L4_KDEBUG_OUTHEX8";
        /// Write a number in decimal.
        OUTDEC: u64 = 8 => "L4_KDEBUG_OUTDEC";
    }
    in "l4/sys/debugger.h" {
        /// Name an object: the name, ended by 0.
        SET_NAME: u64 = 0 => "L4_DEBUGGER_KOBJ_SET_NAME_OP";
        /// The number of an object.
        GET_GLOBAL_ID: u64 = 1 => "L4_DEBUGGER_KOBJ_GET_GLOBAL_ID_OP";
        /// The number of the object at an address of the kernel's.
        PTR_GET_GLOBAL_ID: u64 = 2 => "L4_DEBUGGER_KOBJ_PTR_GET_GLOBAL_ID_OP";
        /// The number of a kind of log entries.
        LOG_QUERY_TYPEID: u64 = 3 => "L4_DEBUGGER_LOG_QUERY_TYPEID_OP";
        /// Switch a kind of log entries on or off.
        LOG_SWITCH: u64 = 4 => "L4_DEBUGGER_LOG_SWITCH_OP";
        /// Of [`LOG_SWITCH`]: off.
        LOG_OFF: u32 = 0 => "L4_DEBUGGER_SWITCH_LOG_OFF";
        /// Of [`LOG_SWITCH`]: on.
        LOG_ON: u32 = 1 => "L4_DEBUGGER_SWITCH_LOG_ON";
        /// The name of the object of a number.
        GLOBAL_ID_GET_NAME: u64 = 5 => "L4_DEBUGGER_GLOBAL_ID_GET_NAME_OP";
        /// The name of a kind of log entries.
        LOG_QUERY_NAME: u64 = 6 => "L4_DEBUGGER_LOG_QUERY_NAME_OP";
        /// Tell of an image in a task: its base, its name.
        ADD_IMAGE_INFO: u64 = 7 => "L4_DEBUGGER_TASK_ADD_IMAGE_INFO_OP";
        /// The name of an object.
        GET_NAME: u64 = 8 => "L4_DEBUGGER_KOBJ_GET_NAME_OP";
        /// All objects.
        OBJ_INFO: u64 = 0x10 => "L4_DEBUGGER_OBJ_INFO_OP";
    }
}

/// The most bytes of the name of a kind of log entries in a request, its 0 included
/// (`l4_debugger_switch_log()`).
pub const LOG_NAME_SIZE: usize = 32;

//! Why a system call failed: the error register of the UTCB.

abi! {
    in "l4/sys/ipc.h" {
        /// The bits of the error.
        MASK: u64 = 0x1f => "L4_IPC_ERROR_MASK";
        /// Clear: sending failed; set: receiving failed. (The C name says otherwise: it is the
        /// mask of the bit, not the value that tells of sending.)
        PHASE_MASK: u64 = 1 => "L4_IPC_SND_ERR_MASK";
        /// Sending ran into its timeout.
        SE_TIMEOUT: u64 = 2 => "L4_IPC_SETIMEOUT";
        /// Receiving ran into its timeout.
        RE_TIMEOUT: u64 = 3 => "L4_IPC_RETIMEOUT";
        /// There is no such partner.
        NOT_EXISTENT: u64 = 4 => "L4_IPC_ENOT_EXISTENT";
        /// Sending was canceled.
        SE_CANCELED: u64 = 6 => "L4_IPC_SECANCELED";
        /// Receiving was canceled.
        RE_CANCELED: u64 = 7 => "L4_IPC_RECANCELED";
        /// Sending: the receiver has not enough buffers.
        SE_MSG_CUT: u64 = 8 => "L4_IPC_SEMSGCUT";
        /// Receiving: there are not enough buffers for the message.
        RE_MSG_CUT: u64 = 9 => "L4_IPC_REMSGCUT";
        /// Sending: a page fault ran into the sender's timeout.
        SE_SND_PF_TIMEOUT: u64 = 10 => "L4_IPC_SESNDPFTO";
        /// Receiving: a page fault ran into the sender's timeout.
        RE_SND_PF_TIMEOUT: u64 = 11 => "L4_IPC_RESNDPFTO";
        /// Sending: a page fault ran into the receiver's timeout.
        SE_RCV_PF_TIMEOUT: u64 = 12 => "L4_IPC_SERCVPFTO";
        /// Receiving: a page fault ran into the receiver's timeout.
        RE_RCV_PF_TIMEOUT: u64 = 13 => "L4_IPC_RERCVPFTO";
        /// Sending was aborted.
        SE_ABORTED: u64 = 14 => "L4_IPC_SEABORTED";
        /// Receiving was aborted.
        RE_ABORTED: u64 = 15 => "L4_IPC_REABORTED";
        /// Sending: mapping failed, for want of memory.
        SE_MAP_FAILED: u64 = 16 => "L4_IPC_SEMAPFAILED";
        /// Receiving: mapping failed, for want of memory.
        RE_MAP_FAILED: u64 = 17 => "L4_IPC_REMAPFAILED";
        /// There is no slot for the reply capability.
        NO_REPLY_CAP: u64 = 19 => "L4_IPC_NO_REPLY_CAP";
    }
}

//! Control of the machine ([`proto::PLATFORM_CTL`](crate::proto::PLATFORM_CTL)).

abi! {
    in "l4/sys/platform_control.h" {
        /// Suspend: extra information.
        SYS_SUSPEND: u64 = 0 => "L4_PLATFORM_CTL_SYS_SUSPEND_OP";
        /// Shut down: 0 to halt, 1 to reboot.
        SYS_SHUTDOWN: u64 = 1 => "L4_PLATFORM_CTL_SYS_SHUTDOWN_OP";
        /// Whether a processor may be switched off: number, 1 or 0.
        CPU_ALLOW_SHUTDOWN: u64 = 2 => "L4_PLATFORM_CTL_CPU_ALLOW_SHUTDOWN_OP";
        /// Switch a processor on: number.
        CPU_ENABLE: u64 = 3 => "L4_PLATFORM_CTL_CPU_ENABLE_OP";
        /// Switch a processor off: number.
        CPU_DISABLE: u64 = 4 => "L4_PLATFORM_CTL_CPU_DISABLE_OP";
    }
}

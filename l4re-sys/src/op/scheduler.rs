//! Schedulers ([`proto::SCHEDULER`](crate::proto::SCHEDULER)).

abi! {
    in "l4/sys/scheduler.h" {
        /// The processors from one on: granularity and offset; the reply holds the bit map, the
        /// largest number of processors and the classes of scheduling.
        INFO: u64 = 0 => "L4_SCHEDULER_INFO_OP";
        /// Run a thread: [`SchedParam`](crate::SchedParam); item: the thread.
        RUN_THREAD: u64 = 1 => "L4_SCHEDULER_RUN_THREAD_OP";
        /// The idle time of processors: [`CpuSet`](crate::CpuSet); the reply holds microseconds.
        IDLE_TIME: u64 = 2 => "L4_SCHEDULER_IDLE_TIME_OP";
        /// Class of scheduling: fixed priorities.
        CLASS_FIXED_PRIO: u64 = 2 => "L4_SCHEDULER_CLASS_FIXED_PRIO";
        /// Class of scheduling: weighted fair queueing.
        CLASS_WFQ: u64 = 4 => "L4_SCHEDULER_CLASS_WFQ";
    }
}

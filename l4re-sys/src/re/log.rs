//! Logs: they speak [`proto::LOG`](crate::proto::LOG) and nothing else; see
//! [`op::vcon`](crate::op::vcon).

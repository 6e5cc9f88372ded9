//! Factories ([`proto::FACTORY`](crate::proto::FACTORY)).
//!
//! A request has no operation: register 0 is the protocol of the object to be created, and
//! arguments follow, each behind a [`VargTag`](crate::varg::VargTag). Buffer register 0 says
//! where the capability goes. What is created, by its protocol and arguments:
//!
//! | protocol | object | arguments |
//! |---|---|---|
//! | 0 | IPC gate | label; item: the thread to bind, or none |
//! | `TASK` | task | flexpage of the UTCBs; the reply holds it as created |
//! | `THREAD` | thread | |
//! | `FACTORY` | factory | quota in bytes; flags ([`OWNS_OBJECTS`]), or none |
//! | `IRQ_SENDER` | interrupt | |
//! | `SEMAPHORE` | semaphore | |
//! | `THREAD_GROUP` | thread group | policy |
//! | `DATASPACE` (an allocator of memory) | dataspace | size, flags, alignment (logarithm) |
//! | `NAMESPACE`, `RM`, `LOG`, … (L4Re's) | as named | as the server says |

/// The protocol by which an IPC gate is created (`l4_factory_create_gate()`).
pub const GATE: i64 = 0;

/// Second argument of a request for a factory, a bit: the end of the factory is the end of
/// all that was made from it, threads and tasks included, whoever still has capabilities to
/// it. An extension of the embedded kernel; Fiasco takes no second argument and lets what was
/// made live on.
pub const OWNS_OBJECTS: u64 = 1;

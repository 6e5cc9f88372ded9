//! Tables of what the `libc` module for L4Re's uClibc defines, to hold it against headers.
//!
//! The module itself is compiled here a second time, for this computer, with macros that make
//! tables of its lists: the layouts are C's, and both machines have the same.

#[macro_use]
mod items;

/// The module, as programs have it.
#[path = "../l4re/mod.rs"]
#[allow(ambiguous_glob_reexports, dead_code)]
pub mod l4re;

pub mod own;
mod probe;

pub use probe::{Difference, Probe, headers};

/// Constants of one type.
pub struct Constants {
    /// Size of the type in bytes.
    pub size: usize,
    /// Name and value of each.
    pub values: &'static [(&'static str, i128)],
}

/// A structure or union.
pub struct Layout {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its name in C with `struct` or `union`; empty if it has none.
    pub c: &'static str,
    /// Bytes.
    pub size: usize,
    /// Bytes.
    pub align: usize,
    /// Name, offset and size of each field.
    pub fields: &'static [(&'static str, usize, usize)],
}

/// A function.
pub struct Function {
    /// Its name in Rust.
    pub name: &'static str,
    /// Its symbol, if that differs.
    pub link_name: &'static str,
    /// `name: type, …`, as Rust has them.
    pub arguments: &'static str,
    /// The type; empty for none.
    pub result: &'static str,
}

impl Function {
    /// The name in C.
    pub fn symbol(&self) -> &'static str {
        if self.link_name.is_empty() {
            self.name
        } else {
            self.link_name
        }
    }
}

/// Functions of one header.
pub struct Functions(pub &'static [Function]);

/// Names for types: name and size.
pub struct Aliases(pub &'static [(&'static str, usize)]);

inventory::collect!(Constants);
inventory::collect!(Layout);
inventory::collect!(Functions);
inventory::collect!(Aliases);

/// All constants: name, value, size of their type.
pub fn constants() -> impl Iterator<Item = (&'static str, i128, usize)> {
    inventory::iter::<Constants>()
        .flat_map(|table| (table.values.iter()).map(|(name, value)| (*name, *value, table.size)))
}

/// All structures and unions that C has by name.
pub fn layouts() -> impl Iterator<Item = &'static Layout> {
    inventory::iter::<Layout>().filter(|layout| !layout.c.is_empty())
}

/// All functions.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    inventory::iter::<Functions>().flat_map(|table| table.0)
}

/// All names for types, with their sizes.
pub fn aliases() -> impl Iterator<Item = (&'static str, usize)> {
    inventory::iter::<Aliases>().flat_map(|table| table.0.iter().copied())
}

/// C's expression for a field, where the crate `libc` has made it a name of its own; none
/// where it stands for several.
pub fn c_field(c: &str, field: &str) -> Option<String> {
    let seconds = |at: &str| match at {
        "a" | "m" | "c" => Some(format!("st_{at}tim")),
        _ => None,
    };
    Some(match (c, field) {
        ("struct stat" | "struct stat64", _) => match field.strip_prefix("st_") {
            Some("atime" | "mtime" | "ctime") => format!("{}.tv_sec", seconds(&field[3..4])?),
            Some("atime_nsec" | "mtime_nsec" | "ctime_nsec") => {
                format!("{}.tv_nsec", seconds(&field[3..4])?)
            }
            _ => field.to_owned(),
        },
        ("struct sigaction", "sa_sigaction") => "__sigaction_handler".to_owned(),
        ("struct in6_addr", "s6_addr") => "__in6_u".to_owned(),
        ("siginfo_t", "__fields") => "_sifields".to_owned(),
        ("struct sigevent", "sigev_notify_thread_id") => "_sigev_un._tid".to_owned(),
        ("struct sigevent", "__rest") => return None,
        ("struct sched_param", "sched_priority") => "__sched_priority".to_owned(),
        ("cpu_set_t", "bits") => "__bits".to_owned(),
        ("struct ifreq", "ifr_name") => "ifr_ifrn".to_owned(),
        ("regex_t", "__buffer") => "buffer".to_owned(),
        ("regex_t", "__flags") | ("struct tcp_info", "tcpi_snd_rcv_wscale") => return None,
        ("regex_t", name) => name.trim_start_matches("__").to_owned(),
        ("struct epoll_event", "u64") => "data".to_owned(),
        ("struct ifaddrs", name) => name.to_owned(),
        _ => field.trim_end_matches("_").to_owned(),
    })
}

//! The result of an operation that a client asked for.

use core::fmt;

use l4re_sys::err;

/// An error code of the interface (`l4/sys/err.h`), as it goes into a reply's label.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(i64);

/// What an operation gives.
pub type Result<T> = core::result::Result<T, Error>;

macro_rules! codes {
    ($($name:ident)*) => {
        #[expect(missing_docs, reason = "the codes are explained where they are defined")]
        impl Error {
            $( pub const $name: Error = Error(err::$name); )*
        }

        impl fmt::Debug for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $( err::$name => f.write_str(stringify!($name)), )*
                    code => write!(f, "error {code}"),
                }
            }
        }
    };
}

codes! {
    EPERM ENOENT EAGAIN ENOMEM EACCESS EEXIST ENODEV EINVAL ERANGE ENOSYS EBADPROTO EADDRNOTAVAIL
    EMSGTOOSHORT EMSGTOOLONG
}

impl Error {
    /// The error that a reply's negative label means.
    pub fn from_label(label: i64) -> Self {
        Error(-label)
    }

    /// The label of a reply.
    pub fn label(self) -> i64 {
        -self.0
    }
}

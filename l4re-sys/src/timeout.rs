//! Timeouts of the two phases of a system call.

abi! {
    in "l4/sys/__timeout.h" {
        /// The longest relative timeout in microseconds; anything longer means never.
        US_MAX: u64 = (1 << 41) - 1 => "L4_TIMEOUT_US_MAX";
        /// No timeout, where microseconds are counted.
        US_NEVER: u64 = u64::MAX => "L4_TIMEOUT_US_NEVER";
    }
}

/// The timeout of one phase: never, zero, a time from now, or a point in time.
///
/// A time from now is `mantissa << exponent` microseconds, of 10 and 5 bits.
///
/// ```
/// use core::time::Duration;
/// use l4re_sys::TimeoutS;
///
/// let soon = TimeoutS::from(Duration::from_millis(5));
/// assert_eq!(soon, TimeoutS::from_us(5_000));
/// assert_eq!(soon.as_us(), 5_000);
/// // It is rounded up to what 10 bits can tell.
/// assert_eq!(TimeoutS::from_us(1_000_001).as_us(), 1_000_448);
/// ```
#[doc(alias = "l4_timeout_s")]
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeoutS(pub u16);

impl TimeoutS {
    /// Wait without end (`L4_IPC_TIMEOUT_NEVER`).
    #[doc(alias = "L4_IPC_TIMEOUT_NEVER")]
    pub const NEVER: TimeoutS = TimeoutS(0);
    /// Do not wait (`L4_IPC_TIMEOUT_0`): mantissa 0, exponent 1.
    #[doc(alias = "L4_IPC_TIMEOUT_0")]
    pub const ZERO: TimeoutS = TimeoutS(1 << Self::EXPONENT_SHIFT);

    const MANTISSA_BITS: u32 = 10;
    const MANTISSA_MASK: u16 = (1 << Self::MANTISSA_BITS) - 1;
    const EXPONENT_SHIFT: u32 = Self::MANTISSA_BITS;
    const EXPONENT_MASK: u16 = 0x1f;
    const ABSOLUTE_BIT: u16 = 0x8000;
    const ABSOLUTE_INDEX_MASK: u16 = 0x3f;

    /// `us` microseconds from now, rounded *up* to what the format can tell, so that no wait
    /// ends early; above [`US_MAX`] never. (The top of the range, beyond 1023 · 2³¹, is the
    /// one place where it rounds down, to that.)
    #[doc(alias = "l4_timeout_from_us")]
    pub const fn from_us(us: u64) -> Self {
        if us == 0 {
            return Self::ZERO;
        }
        if us > US_MAX {
            return Self::NEVER;
        }
        let bits = u64::BITS - us.leading_zeros();
        let mut exponent = bits.saturating_sub(Self::MANTISSA_BITS);
        let mut mantissa = (us + ((1 << exponent) - 1)) >> exponent;
        if mantissa > Self::MANTISSA_MASK as u64 {
            if exponent < Self::EXPONENT_MASK as u32 {
                exponent += 1;
                mantissa >>= 1;
            } else {
                mantissa = Self::MANTISSA_MASK as u64;
            }
        }
        Self::relative(mantissa as u16, exponent)
    }

    /// `mantissa << exponent` microseconds from now (10 and 5 bits, cut).
    #[doc(alias = "l4_timeout_rel")]
    pub const fn relative(mantissa: u16, exponent: u32) -> Self {
        TimeoutS(
            (mantissa & Self::MANTISSA_MASK)
                | ((exponent as u16 & Self::EXPONENT_MASK) << Self::EXPONENT_SHIFT),
        )
    }

    /// The point in time, in microseconds of the KIP's clock, that stands in buffer register
    /// `br` (0 to 57).
    #[doc(alias = "l4_timeout_abs")]
    pub const fn absolute(br: usize) -> Self {
        TimeoutS(Self::ABSOLUTE_BIT | (br as u16 & Self::ABSOLUTE_INDEX_MASK))
    }

    /// The buffer register that holds the point in time, if this is one.
    pub const fn absolute_register(self) -> Option<usize> {
        if self.0 & Self::ABSOLUTE_BIT != 0 {
            Some((self.0 & Self::ABSOLUTE_INDEX_MASK) as usize)
        } else {
            None
        }
    }

    /// Whether this is a wait without end.
    pub const fn is_never(self) -> bool {
        self.0 == 0
    }

    /// Microseconds from now; [`US_NEVER`] if without end. Meaningless if absolute.
    #[doc(alias = "l4_timeout_rel_get")]
    pub const fn as_us(self) -> u64 {
        if self.is_never() {
            return US_NEVER;
        }
        ((self.0 & Self::MANTISSA_MASK) as u64)
            << ((self.0 >> Self::EXPONENT_SHIFT) & Self::EXPONENT_MASK)
    }
}

impl core::fmt::Debug for TimeoutS {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.absolute_register() {
            Some(br) => write!(f, "at br[{br}]"),
            None if self.is_never() => f.write_str("never"),
            None => write!(f, "{} us", self.as_us()),
        }
    }
}

impl From<core::time::Duration> for TimeoutS {
    /// A time from now, as [`TimeoutS::from_us`] has it.
    fn from(time: core::time::Duration) -> Self {
        Self::from_us(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
    }
}

/// The timeouts of sending and receiving.
#[doc(alias = "l4_timeout_t")]
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timeout(pub u32);

impl Timeout {
    /// Neither phase ends early (`L4_IPC_NEVER`).
    #[doc(alias = "L4_IPC_NEVER")]
    pub const NEVER: Timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::NEVER);
    /// Neither phase waits (`L4_IPC_BOTH_TIMEOUT_0`).
    #[doc(alias = "L4_IPC_BOTH_TIMEOUT_0")]
    pub const BOTH_ZERO: Timeout = Timeout::new(TimeoutS::ZERO, TimeoutS::ZERO);
    /// Sending does not wait, receiving does without end (`L4_IPC_SEND_TIMEOUT_0`): a server's.
    #[doc(alias = "L4_IPC_SEND_TIMEOUT_0")]
    pub const SEND_ZERO: Timeout = Timeout::new(TimeoutS::ZERO, TimeoutS::NEVER);
    /// Sending waits without end, receiving does not wait (`L4_IPC_RECV_TIMEOUT_0`).
    #[doc(alias = "L4_IPC_RECV_TIMEOUT_0")]
    pub const RECV_ZERO: Timeout = Timeout::new(TimeoutS::NEVER, TimeoutS::ZERO);

    const SEND_SHIFT: u32 = 16;

    /// A pair.
    #[doc(alias = "l4_timeout")]
    pub const fn new(send: TimeoutS, recv: TimeoutS) -> Self {
        Timeout(((send.0 as u32) << Self::SEND_SHIFT) | recv.0 as u32)
    }

    /// The timeout of sending.
    pub const fn send(self) -> TimeoutS {
        TimeoutS((self.0 >> Self::SEND_SHIFT) as u16)
    }

    /// The timeout of receiving.
    pub const fn recv(self) -> TimeoutS {
        TimeoutS(self.0 as u16)
    }
}

//! What `printf` and its kind make of a format: all conversions of integers, characters, strings
//! and pointers. Numbers with a fraction are not among them; they appear as `%f` and its kind.

use crate::ctypes::{Str, c_int, c_long, c_uint, c_ulong};
use core::ffi::{c_char, c_void};
use core::fmt::Write;

/// Arguments of a variadic function: amd64's `va_list`.
#[repr(C)]
pub struct VaList {
    /// How much of the saved general registers is taken, in bytes.
    gp_offset: c_uint,
    /// How much of the saved vector registers is taken, behind those.
    fp_offset: c_uint,
    /// Arguments in memory.
    overflow: *const u64,
    /// The saved registers.
    registers: *const u8,
}

/// The bytes of all saved general registers.
const GENERAL: c_uint = 48;

impl VaList {
    /// The next argument, an integer or a pointer.
    fn next(&mut self) -> u64 {
        // SAFETY: the caller of the variadic function has passed what its format says, which is
        // what is taken; the compiler has laid out the arguments as the machine's convention
        // says.
        unsafe {
            if self.gp_offset < GENERAL {
                let at = self.registers.add(self.gp_offset as usize);
                self.gp_offset += size_of::<u64>() as c_uint;
                at.cast::<u64>().read()
            } else {
                let at = self.overflow;
                self.overflow = at.add(1);
                at.read()
            }
        }
    }
}

/// A conversion, as in `%-8.3lx`.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    other: bool,
    width: usize,
    precision: Option<usize>,
    /// The width of the argument in bits.
    bits: u32,
}

/// A number as text, the longest being 64 bits in octal, with a prefix.
struct Digits {
    text: [u8; 24],
    len: usize,
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for byte in text.bytes() {
            let place = self.text.get_mut(self.len).ok_or(core::fmt::Error)?;
            *place = byte;
            self.len += 1;
        }
        Ok(())
    }
}

/// Counts what goes out.
struct Out<'a> {
    put: &'a mut dyn FnMut(&[u8]),
    len: usize,
}

impl Out<'_> {
    fn put(&mut self, bytes: &[u8]) {
        (self.put)(bytes);
        self.len += bytes.len();
    }

    fn fill(&mut self, byte: u8, count: usize) {
        for _ in 0..count {
            self.put(&[byte]);
        }
    }

    /// A piece in its width.
    fn field(&mut self, spec: &Spec, prefix: &[u8], zeros: usize, body: &[u8]) {
        let used = prefix.len() + zeros + body.len();
        let pad = spec.width.saturating_sub(used);
        let zero_pad = spec.zero && !spec.left;
        if !spec.left && !zero_pad {
            self.fill(b' ', pad);
        }
        self.put(prefix);
        if zero_pad {
            self.fill(b'0', pad);
        }
        self.fill(b'0', zeros);
        self.put(body);
        if spec.left {
            self.fill(b' ', pad);
        }
    }

    fn number(&mut self, spec: &mut Spec, sign: &[u8], value: u64, kind: u8) {
        let mut digits = Digits {
            text: [0; 24],
            len: 0,
        };
        // Any number fits.
        let _ = match kind {
            b'x' => write!(digits, "{value:x}"),
            b'X' => write!(digits, "{value:X}"),
            b'o' => write!(digits, "{value:o}"),
            _ => write!(digits, "{value}"),
        };
        let body = digits.text.get(..digits.len).unwrap_or(&[]);
        let body = match (spec.precision, value) {
            (Some(0), 0) => &[],
            _ => body,
        };
        // A precision tells the digits, so the width is filled with spaces.
        spec.zero &= spec.precision.is_none();
        let zeros = spec.precision.unwrap_or(0).saturating_sub(body.len());
        let prefix: &[u8] = match (spec.other && value != 0, kind) {
            (true, b'x') => b"0x",
            (true, b'X') => b"0X",
            (true, b'o') if zeros == 0 => b"0",
            _ => sign,
        };
        self.field(spec, prefix, zeros, body);
    }
}

/// Writes a format with its arguments. Returns the number of bytes.
pub fn format(text: Str, arguments: &mut VaList, put: &mut dyn FnMut(&[u8])) -> usize {
    let mut out = Out { put, len: 0 };
    let mut rest = text.bytes();
    while let Some(at) = rest.iter().position(|b| *b == b'%') {
        let (plain, behind) = rest.split_at(at);
        out.put(plain);
        let mut spec = Spec::default();
        let mut input = behind.get(1..).unwrap_or(&[]);
        flags(&mut input, &mut spec);
        sizes(&mut input, &mut spec, arguments);
        let Some((kind, after)) = input.split_first() else {
            rest = &[];
            break;
        };
        if !convert(*kind, &mut spec, arguments, &mut out) {
            // What is not known appears as it is.
            out.put(behind.get(..behind.len() - after.len()).unwrap_or(&[]));
        }
        rest = after;
    }
    out.put(rest);
    out.len
}

fn flags(input: &mut &[u8], spec: &mut Spec) {
    while let Some((first, rest)) = input.split_first() {
        match first {
            b'-' => spec.left = true,
            b'0' => spec.zero = true,
            b'+' => spec.plus = true,
            b' ' => spec.space = true,
            b'#' => spec.other = true,
            _ => return,
        }
        *input = rest;
    }
}

/// A number in the format, or from the arguments.
fn number(input: &mut &[u8], arguments: &mut VaList) -> Option<c_int> {
    if let Some(rest) = input.strip_prefix(b"*") {
        *input = rest;
        return Some(arguments.next() as c_int);
    }
    let mut value = None;
    while let Some((digit @ b'0'..=b'9', rest)) = input.split_first() {
        let so_far: c_int = value.unwrap_or(0);
        let digit = c_int::from(digit - b'0');
        value = Some(so_far.saturating_mul(10).saturating_add(digit));
        *input = rest;
    }
    value
}

/// Width, precision and the width of the argument.
fn sizes(input: &mut &[u8], spec: &mut Spec, arguments: &mut VaList) {
    let width = number(input, arguments).unwrap_or(0);
    spec.left |= width < 0;
    spec.width = width.unsigned_abs() as usize;
    if let Some(rest) = input.strip_prefix(b".") {
        *input = rest;
        let precision = number(input, arguments).unwrap_or(0);
        spec.precision = usize::try_from(precision).ok();
    }
    spec.bits = c_int::BITS;
    while let Some((first, rest)) = input.split_first() {
        spec.bits = match first {
            b'h' if spec.bits == u16::BITS => u8::BITS,
            b'h' => u16::BITS,
            b'l' | b'z' | b't' | b'j' => c_long::BITS,
            _ => return,
        };
        *input = rest;
    }
}

/// Writes one argument; false if the conversion is not known.
fn convert(kind: u8, spec: &mut Spec, arguments: &mut VaList, out: &mut Out<'_>) -> bool {
    match kind {
        b'%' => out.put(b"%"),
        b'c' => {
            spec.zero = false;
            out.field(spec, &[], 0, &[arguments.next() as u8]);
        }
        b's' => {
            let at = core::ptr::with_exposed_provenance::<c_char>(arguments.next() as usize);
            spec.zero = false;
            out.field(spec, &[], 0, string(at, spec.precision));
        }
        b'p' => {
            let at = core::ptr::with_exposed_provenance::<c_void>(arguments.next() as usize);
            spec.other = true;
            out.number(spec, b"", at.addr() as c_ulong, b'x');
        }
        b'd' | b'i' => {
            let unused = u64::BITS - spec.bits;
            let value = (arguments.next() as i64) << unused >> unused;
            let sign: &[u8] = match (value < 0, spec.plus, spec.space) {
                (true, ..) => b"-",
                (_, true, _) => b"+",
                (_, _, true) => b" ",
                _ => b"",
            };
            out.number(spec, sign, value.unsigned_abs(), b'd');
        }
        b'u' | b'x' | b'X' | b'o' => {
            let unused = u64::BITS - spec.bits;
            out.number(spec, b"", arguments.next() << unused >> unused, kind);
        }
        _ => return false,
    }
    true
}

/// The bytes of a string, at most as many as the precision says.
fn string<'a>(at: *const c_char, most: Option<usize>) -> &'a [u8] {
    if at.is_null() {
        return b"(null)";
    }
    let most = most.unwrap_or(usize::MAX);
    let mut len = 0;
    // SAFETY: the string is ended, or longer than what is looked at (C's standard).
    while len < most && unsafe { at.add(len).read() } != 0 {
        len += 1;
    }
    // SAFETY: as many bytes have just been read.
    unsafe { core::slice::from_raw_parts(at.cast(), len) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn formatted(text: &'static core::ffi::CStr, arguments: &[u64]) -> String {
        let registers: Vec<u8> = (arguments.iter().take(6))
            .chain(&[0; 6])
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let more = arguments.get(6..).unwrap_or(&[]);
        let mut list = VaList {
            gp_offset: 0,
            fp_offset: GENERAL,
            overflow: more.as_ptr(),
            registers: registers.as_ptr(),
        };
        let mut out = Vec::new();
        let len = format(Str::of(text), &mut list, &mut |b| out.extend_from_slice(b));
        assert_eq!(len, out.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn as_c_says() {
        let minus = -5i64 as u64;
        for (format, arguments, due) in [
            (c"%d %i|%u", &[1, minus, 7][..], "1 -5|7"),
            (
                c"%5d|%-5d|%05d|%+d|% d",
                &[42, 42, 42, 42, 42],
                "   42|42   |00042|+42| 42",
            ),
            (
                c"%x %X %#x %o %#o %#x",
                &[255, 255, 255, 8, 8, 0],
                "ff FF 0xff 10 010 0",
            ),
            (
                c"%lx %hhx %hx %x",
                &[u64::MAX, 0x1ff, 0x1_ffff, 0x1_0000_0001],
                "ffffffffffffffff ff ffff 1",
            ),
            (c"%d %ld %zu", &[0xffff_ffff, minus, 9], "-1 -5 9"),
            (
                c"%.3d|%8.3d|%.0d|%-8.3dx",
                &[5, 5, 0, 5],
                "005|     005||005     x",
            ),
            (
                c"%c%c%3c|%%|%p",
                &[b'a'.into(), b'b'.into(), b'c'.into(), 0x1000],
                "ab  c|%|0x1000",
            ),
            (c"%*d|%-*d|%.*d", &[4, 1, 4, 1, 3, 1], "   1|1   |001"),
            (c"%d%d%d%d%d%d%d%d", &[1, 2, 3, 4, 5, 6, 7, 8], "12345678"),
            (c"100%", &[], "100"),
            (c"%f %q", &[], "%f %q"),
            (c"%s", &[0], "(null)"),
        ] {
            assert_eq!(formatted(format, arguments), due, "{format:?}");
        }
        let text = c"hello".as_ptr().expose_provenance() as u64;
        assert_eq!(
            formatted(c"%s|%8s|%-8s|%.2s|", &[text; 4]),
            "hello|   hello|hello   |he|"
        );
    }
}

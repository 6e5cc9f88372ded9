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
/// The bytes of all saved registers, 16 of each vector register.
const VECTOR: c_uint = GENERAL + 8 * 16;

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

    /// Passes over an argument with a fraction: it is not shown, but others come behind it.
    fn skip_fraction(&mut self, long: bool) {
        if long {
            // A `long double` is always in memory, at a multiple of its size.
            let unaligned = self.overflow.addr() % 16 / size_of::<u64>();
            self.overflow = self.overflow.wrapping_add(unaligned + 2);
        } else if self.fp_offset < VECTOR {
            self.fp_offset += 16;
        } else {
            self.overflow = self.overflow.wrapping_add(1);
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
    /// A `long double`, if the argument has a fraction.
    long_double: bool,
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
        let mut zeros = spec.precision.unwrap_or(0).saturating_sub(body.len());
        // An octal number begins with a zero then, by its precision or otherwise.
        if spec.other && kind == b'o' && zeros == 0 && !body.starts_with(b"0") {
            zeros = 1;
        }
        let prefix: &[u8] = match (spec.other && value != 0, kind) {
            (true, b'x') => b"0x",
            (true, b'X') => b"0X",
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
            b'l' | b'z' | b't' | b'j' | b'q' | b'L' => c_long::BITS,
            _ => return,
        };
        spec.long_double |= *first == b'L';
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
            if at.is_null() {
                spec.zero = false;
                out.field(spec, &[], 0, b"(nil)");
            } else {
                spec.other = true;
                out.number(spec, b"", at.addr() as c_ulong, b'x');
            }
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
        b'n' => written(arguments, spec.bits, out.len),
        b'a' | b'A' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            arguments.skip_fraction(spec.long_double);
            return false;
        }
        _ => return false,
    }
    true
}

/// Stores how much has been written, where the argument says.
fn written(arguments: &mut VaList, bits: u32, len: usize) {
    let at = core::ptr::with_exposed_provenance_mut::<c_void>(arguments.next() as usize);
    if at.is_null() {
        return;
    }
    // SAFETY: the caller has passed the address of a number as wide as its format says.
    unsafe {
        match bits {
            u8::BITS => at.cast::<u8>().write(len as u8),
            u16::BITS => at.cast::<u16>().write(len as u16),
            u32::BITS => at.cast::<u32>().write(len as u32),
            _ => at.cast::<u64>().write(len as u64),
        }
    }
}

/// The bytes of a string, at most as many as the precision says.
fn string<'a>(at: *const c_char, most: Option<usize>) -> &'a [u8] {
    let most = most.unwrap_or(usize::MAX);
    if at.is_null() {
        let shown = b"(null)";
        return if most < shown.len() { &[] } else { shown };
    }
    let mut len = 0;
    // SAFETY: the string is ended, or longer than what is looked at (C's standard).
    while len < most && unsafe { at.add(len).read() } != 0 {
        len += 1;
    }
    // SAFETY: the loop has read as many bytes, which are the C caller's string.
    unsafe { core::slice::from_raw_parts(at.cast(), len) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::string::String;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn formatted(text: &'static core::ffi::CStr, arguments: &[u64]) -> String {
        let registers: Vec<u8> = (arguments.iter().take(6))
            .chain(&[0; 6])
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let more = arguments.get(6..).unwrap_or(&[]);
        ours(
            Str::of(text),
            VaList {
                gp_offset: 0,
                fp_offset: GENERAL,
                overflow: more.as_ptr(),
                registers: registers.as_ptr(),
            },
        )
    }

    fn ours(text: Str, mut list: VaList) -> String {
        let mut out = Vec::new();
        let len = format(text, &mut list, &mut |b| out.extend_from_slice(b));
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
            (c"%f %r", &[], "%f %r"),
            (c"%#.0o|%#o|%#.3o|%#.0o", &[0, 0, 8, 8], "0|0|010|010"),
            (c"%Ld %qx", &[minus, u64::MAX], "-5 ffffffffffffffff"),
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

    /// An argument, and a conversion of it.
    #[derive(Clone, Debug)]
    enum Argument {
        /// Of a number or an address, in a general register or in memory.
        Word(u64),
        /// Of a string, by its address.
        Text(&'static core::ffi::CStr),
        /// With a fraction, in a vector register or in memory.
        Fraction(f64),
        /// The same of 80 bits, always in memory.
        LongFraction,
    }

    /// A conversion's text and its arguments, the width's and the precision's first.
    type Conversion = (String, Vec<Argument>);

    const FLAGS: &str = "[-+ #0]{0,3}";

    fn sized(flags: String, width: Option<i8>, precision: Option<i8>) -> (String, Vec<Argument>) {
        let mut text = alloc::format!("%{flags}");
        let mut arguments = Vec::new();
        // Half of them in the text, half as arguments.
        let mut size = |before: &str, number: i8, text: &mut String| {
            text.push_str(before);
            if number < 0 || number % 2 == 0 {
                text.push('*');
                // What is above the number's width does not count.
                let above = (u64::from(number.unsigned_abs())) << 40;
                arguments.push(Argument::Word(u64::from(i32::from(number) as u32) | above));
            } else {
                text.push_str(&alloc::format!("{number}"));
            }
        };
        if let Some(number) = width {
            size("", number, &mut text);
        }
        if let Some(number) = precision {
            size(".", number, &mut text);
        }
        (text, arguments)
    }

    fn conversion() -> impl Strategy<Value = Conversion> {
        let integer = ("(hh|h|l|ll|L|q|z|t|j|)[diuxXo]", any::<u64>(), 0u32..64)
            .prop_map(|(kind, word, shift)| (kind, Argument::Word(word >> shift)));
        let zero = "(l|)[diuxXo]".prop_map(|kind| (kind, Argument::Word(0)));
        let char = (33u64..127).prop_map(|c| ("c".to_owned(), Argument::Word(c)));
        let text = prop_oneof![Just(c""), Just(c"some text"), Just(c"(")];
        let text = text.prop_map(|text| ("s".to_owned(), Argument::Text(text)));
        let null = "[sp]".prop_map(|kind| (kind, Argument::Word(0)));
        let pointer = (1u64..u64::MAX).prop_map(|at| ("p".to_owned(), Argument::Word(at)));
        let sizes = (
            proptest::option::of(-20i8..20),
            proptest::option::of(-5i8..20),
        );
        let shown = prop_oneof![integer, zero, char, text, null, pointer];
        let shown = (FLAGS, sizes, shown).prop_map(|(flags, (width, precision), (kind, value))| {
            // What C leaves open is not asked for.
            let flags: String = match kind.as_str() {
                "c" | "s" | "p" => flags.chars().filter(|flag| *flag == '-').collect(),
                _ => flags,
            };
            let precision = precision.filter(|_| kind != "c" && kind != "p");
            let (text, mut arguments) = sized(flags, width, precision);
            arguments.push(value);
            (text + &kind, arguments)
        });
        prop_oneof![4 => shown, 1 => "[ a-z%]{0,5}".prop_map(|text| (text.replace('%', "%%"), Vec::new()))]
    }

    fn fraction() -> impl Strategy<Value = Conversion> {
        prop_oneof![
            any::<f64>()
                .prop_map(|value| ("%f".to_owned(), alloc::vec![Argument::Fraction(value)])),
            Just(("%Lg".to_owned(), alloc::vec![Argument::LongFraction])),
        ]
    }

    /// The arguments as a compiler passes them: registers, and what is in memory.
    fn passed(arguments: &[Argument]) -> ([u64; 22], Vec<u64>) {
        let mut registers = [0; 22];
        let (mut general, mut vector) = (0, 6);
        let mut memory = Vec::new();
        for argument in arguments {
            let (word, next, end, step) = match argument {
                Argument::Word(word) => (*word, &mut general, 6, 1),
                Argument::Text(text) => {
                    let at = text.as_ptr().expose_provenance();
                    (at as u64, &mut general, 6, 1)
                }
                Argument::Fraction(value) => (value.to_bits(), &mut vector, 22, 2),
                Argument::LongFraction => {
                    memory.resize(memory.len().next_multiple_of(2), 0);
                    memory.extend([1 << 63, 0x3fff]);
                    continue;
                }
            };
            if *next < end {
                registers[*next] = word;
                *next += step;
            } else {
                memory.push(word);
            }
        }
        (registers, memory)
    }

    /// Memory as a stack has it: 16 bytes aligned.
    #[repr(align(16))]
    struct Memory([u64; 128]);

    fn formatted_by(arguments: &[Argument], by: impl FnOnce(VaList) -> String) -> String {
        let (registers, words) = passed(arguments);
        let mut memory = Memory([0; 128]);
        memory.0[..words.len()].copy_from_slice(&words);
        by(VaList {
            gp_offset: 0,
            fp_offset: GENERAL,
            overflow: memory.0.as_ptr(),
            registers: registers.as_ptr().cast(),
        })
    }

    unsafe extern "C" {
        fn vsnprintf(
            to: *mut c_char,
            room: usize,
            text: *const c_char,
            arguments: &mut VaList,
        ) -> c_int;
    }

    /// What the host's C library makes of it.
    fn theirs(text: &core::ffi::CStr, mut list: VaList) -> String {
        let mut out = alloc::vec![0u8; 4096];
        // SAFETY: there is as much room; the list has the layout of this machine's, and as many
        // arguments as the format takes, of its types.
        let len =
            unsafe { vsnprintf(out.as_mut_ptr().cast(), out.len(), text.as_ptr(), &mut list) };
        out.truncate(usize::try_from(len).unwrap());
        String::from_utf8(out).unwrap()
    }

    fn joined(conversions: &[Conversion]) -> (alloc::ffi::CString, Vec<Argument>) {
        let text: String = conversions.iter().map(|(text, _)| text.as_str()).collect();
        let arguments = conversions
            .iter()
            .flat_map(|(_, all)| all.clone())
            .collect();
        (alloc::ffi::CString::new(text).unwrap(), arguments)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn any_format_is_written_as_a_whole_c_library_does(
            conversions in proptest::collection::vec(conversion(), 1..12),
        ) {
            let (text, arguments) = joined(&conversions);
            let due = formatted_by(&arguments, |list| theirs(&text, list));
            let text = Str::of(alloc::boxed::Box::leak(text.into_boxed_c_str()));
            prop_assert_eq!(formatted_by(&arguments, |list| ours(text, list)), due);
        }

        /// A fraction is not shown, but what comes behind it is.
        #[test]
        fn a_fraction_takes_its_place_among_the_arguments(
            fractions in proptest::collection::vec(fraction(), 0..20),
            others in proptest::collection::vec(any::<u64>(), 20),
        ) {
            let mut all: Vec<Conversion> = Vec::new();
            let mut due = String::new();
            for ((text, arguments), other) in fractions.into_iter().zip(others) {
                due += &alloc::format!("{text}{other}");
                all.push((text, arguments));
                all.push(("%lu".to_owned(), alloc::vec![Argument::Word(other)]));
            }
            let (text, arguments) = joined(&all);
            let text = Str::of(alloc::boxed::Box::leak(text.into_boxed_c_str()));
            prop_assert_eq!(formatted_by(&arguments, |list| ours(text, list)), due);
        }
    }
}

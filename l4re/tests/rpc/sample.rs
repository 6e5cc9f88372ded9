//! Values to send and to answer with: as many different ones as there are arguments.

use crate::facts::{Arg, Kind, Op};
use l4re::msg::Plain;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// How many elements arrays and strings have in the facts.
const ELEMENTS: usize = 3;

/// The values of an operation's arguments, byte by byte.
#[derive(Clone, Debug, Default)]
pub struct Values {
    pub input: BTreeMap<String, Vec<u8>>,
    pub output: BTreeMap<String, Vec<u8>>,
    /// Selectors of the capabilities that go along.
    pub caps: BTreeMap<String, u64>,
    /// The label of the reply.
    pub label: i64,
    /// What the facts call a flexpage is a capability here.
    pub gives_cap: bool,
    /// An optional item is absent.
    pub gives_nothing: bool,
    /// Something is other than the facts' offsets take for granted.
    changed: bool,
}

/// Numbers that depend on a text.
fn bytes_of(text: &str, len: usize) -> Vec<u8> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
    });
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// A value of an argument that has one.
fn value(arg: &Arg, seed: &str, number: u32) -> Option<Vec<u8>> {
    let count = match number {
        0 => ELEMENTS,
        _ => usize::from(bytes_of(seed, 1)[0] % 16),
    };
    Some(match &arg.kind {
        Kind::Value { .. } if arg.name == "behind" => vec![1],
        Kind::Value { used, .. } => padded(seed, used, 1),
        Kind::Counted { used } => padded(seed, used, count),
        Kind::List {
            size: 1, is_string, ..
        } => text(seed, count, *is_string),
        Kind::List { size, .. } => bytes_of(seed, size * count),
        Kind::Varg => {
            let tag: u64 = 1 | 8 << 16;
            [&tag.to_le_bytes()[..], &bytes_of(seed, 8)].concat()
        }
        _ => return None,
    })
}

/// Elements whose padding is zeros.
fn padded(seed: &str, used: &[bool], count: usize) -> Vec<u8> {
    let bytes = bytes_of(seed, used.len() * count);
    let used = used.iter().cycle();
    bytes
        .iter()
        .zip(used)
        .map(|(b, used)| if *used { *b } else { 0 })
        .collect()
}

/// Text of so many bytes: with a 0 at the end that counts, or without.
fn text(seed: &str, count: usize, is_string: bool) -> Vec<u8> {
    let letters = count - usize::from(is_string && count > 0);
    let mut text = bytes_of(seed, letters);
    text.iter_mut().for_each(|b| *b = b'a' + *b % 26);
    // Not all text is of letters that take a byte.
    if let [first @ b'a'..b'n', second, ..] = &mut text[..] {
        (*first, *second) = (0xc3, 0xbc);
    }
    if is_string {
        text.push(0);
    }
    text
}

impl Values {
    /// Values of all arguments, with arrays as in the facts.
    pub fn of(op: &Op) -> Self {
        Self::seeded(op, 0)
    }

    /// Values of all arguments: others for each seed, with arrays of other lengths.
    pub fn seeded(op: &Op, number: u32) -> Self {
        let mut values = Values {
            changed: number != 0,
            ..Values::default()
        };
        for (i, arg) in op.args.iter().enumerate() {
            if matches!(arg.kind, Kind::Cap) {
                let selector = (0x456 + i as u64) << 12;
                values.caps.insert(arg.name.clone(), selector);
            }
            let seed = |way| format!("{}::{} {} {way} {number}", op.interface, op.name, arg.name);
            if let Some(value) = value(arg, &seed("in"), number).filter(|_| arg.is_in) {
                values.input.insert(arg.name.clone(), value);
            }
            if let Some(value) = value(arg, &seed("out"), number).filter(|_| arg.is_out) {
                if let Kind::Counted { used } = &arg.kind {
                    values.label = (value.len() / used.len()) as i64;
                }
                values.output.insert(arg.name.clone(), value);
            }
        }
        values
    }

    pub fn is_as_in_the_facts(&self) -> bool {
        !self.changed
    }

    /// Sets an argument of the request.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) -> &mut Self {
        let place = self
            .input
            .get_mut(name)
            .unwrap_or_else(|| panic!("no argument {name}"));
        let value = value.as_ref();
        self.changed |= value.len() != place.len();
        *place = value.to_vec();
        self
    }

    /// Sets a number of the request.
    pub fn set_number(&mut self, name: &str, value: u64) -> &mut Self {
        let len = self.input[name].len();
        self.set(name, &value.to_le_bytes()[..len])
    }

    /// Sets a number of the reply.
    pub fn answer(&mut self, name: &str, value: u64) -> &mut Self {
        let len = self.output[name].len();
        self.output
            .insert(name.into(), value.to_le_bytes()[..len].to_vec());
        self
    }

    /// Leaves an optional argument of the request out.
    pub fn without(&mut self, name: &str) -> &mut Self {
        self.changed = true;
        self.input.remove(name);
        self.caps.remove(name);
        self
    }

    /// Leaves an optional result out.
    pub fn without_result(&mut self, name: &str) -> &mut Self {
        self.changed = true;
        self.output.remove(name);
        self
    }

    pub fn label(&mut self, label: i64) -> &mut Self {
        self.label = label;
        self
    }

    /// A value of the request.
    pub fn get<T: Plain>(&self, name: &str) -> T {
        read(&self.input, name, 0)
    }

    /// A value of the reply.
    pub fn result<T: Plain>(&self, name: &str) -> T {
        read(&self.output, name, 0)
    }

    /// The elements of an array in the request.
    pub fn list<T: Plain>(&self, name: &str) -> Vec<T> {
        elements(&self.input, name)
    }

    /// The elements of an array in the reply.
    pub fn results<T: Plain>(&self, name: &str) -> Vec<T> {
        elements(&self.output, name)
    }

    /// A text of the request, without its 0.
    pub fn text(&self, name: &str) -> String {
        let bytes = &self.input[name];
        let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
        String::from_utf8(text.to_vec()).expect("text")
    }

    /// A text of the reply, without its 0.
    pub fn result_text(&self, name: &str) -> String {
        let bytes = &self.output[name];
        let text = bytes.strip_suffix(&[0]).unwrap_or(bytes);
        String::from_utf8(text.to_vec()).expect("text")
    }

    /// A capability that goes along.
    pub fn cap<T: ?Sized>(&self, name: &str) -> l4re::Cap<T> {
        l4re::Cap::new(l4re::sys::CapIdx(self.caps[name]))
    }
}

fn read<T: Plain>(values: &BTreeMap<String, Vec<u8>>, name: &str, at: usize) -> T {
    let bytes = values
        .get(name)
        .unwrap_or_else(|| panic!("no value {name}"));
    let bytes = &bytes[at..];
    assert!(bytes.len() >= size_of::<T>(), "{name} is smaller");
    // SAFETY: the slice has the size of a `T` at least, and any bytes are a `T` (`Plain`).
    unsafe { bytes.as_ptr().cast::<T>().read_unaligned() }
}

fn elements<T: Plain>(values: &BTreeMap<String, Vec<u8>>, name: &str) -> Vec<T> {
    let count = values[name].len() / size_of::<T>();
    (0..count)
        .map(|i| read(values, name, i * size_of::<T>()))
        .collect()
}

/// Whether two values are the same, by how they are printed: padding does not count.
pub fn same(a: &dyn Debug, b: &dyn Debug) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

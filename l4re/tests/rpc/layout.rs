//! Where the values of a message stand: the rules of the C++ framework, once more, written from
//! the facts alone. What is sent and answered is held to this; this is held to the offsets in
//! the facts.

use crate::facts::{Arg, Kind, Op};
use crate::sample::Values;
use l4re::sys::{err, item, utcb::MSG_REGS};

/// A message as it has to be.
#[derive(Debug, Default)]
pub struct Message {
    pub bytes: Vec<u8>,
    /// Which of the bytes are no padding.
    pub used: Vec<bool>,
    pub items: Vec<Item>,
}

/// An item as it has to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Item {
    /// The capability of this selector.
    Cap(u64),
    /// Any capability.
    AnyCap,
    /// Memory.
    Memory,
}

fn up(at: usize, align: usize) -> usize {
    at.next_multiple_of(align)
}

impl Message {
    fn put(&mut self, align: usize, bytes: &[u8], used: &[bool]) -> usize {
        let at = up(self.bytes.len(), align);
        self.bytes.resize(at, 0);
        self.used.resize(at, false);
        self.bytes.extend_from_slice(bytes);
        self.used.extend_from_slice(used);
        at
    }

    fn value(&mut self, align: usize, bytes: &[u8]) -> usize {
        self.put(align, bytes, &vec![true; bytes.len()])
    }

    pub fn words(&self) -> usize {
        self.bytes.len().div_ceil(8)
    }

    /// Whether words are these, as far as they are told.
    pub fn matches(&self, words: &[u64]) -> bool {
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        let told = self.bytes.iter().zip(&self.used);
        words.len() == self.words() && told.zip(bytes).all(|((a, used), b)| !used || *a == b)
    }

    /// Adds a data argument; returns where it stands.
    fn argument(&mut self, arg: &Arg, value: &[u8]) -> Option<usize> {
        match &arg.kind {
            Kind::Value { align, used } => Some(self.put(*align, value, used)),
            Kind::List {
                len, size, align, ..
            } => {
                let count = (value.len() / size) as u64;
                let at = self.value(*len, &count.to_le_bytes()[..*len]);
                self.value(*align, value);
                Some(at)
            }
            Kind::Counted { used } => {
                let mut at = None;
                for element in value.chunks(used.len()) {
                    at = at.or(Some(self.put(8, element, used)));
                }
                at
            }
            Kind::Varg => Some(self.value(8, value)),
            _ => None,
        }
    }
}

/// The request of an operation.
pub fn request(op: &Op, values: &Values) -> Message {
    let mut message = Message::default();
    message.value(1, &op.opcode.to_le_bytes()[..op.opcode_size]);
    for arg in op.args.iter().filter(|arg| arg.is_in) {
        if let Some(value) = values.input.get(&arg.name) {
            let at = message.argument(arg, value);
            if values.is_as_in_the_facts() {
                assert_eq!(
                    at, arg.request_at,
                    "{}::{}: {}",
                    op.interface, op.name, arg.name
                );
            }
        }
    }
    let caps = op.args.iter().filter(|arg| matches!(arg.kind, Kind::Cap));
    message.items = caps
        .filter_map(|arg| values.caps.get(&arg.name))
        .map(|cap| Item::Cap(*cap))
        .collect();
    message
}

/// The reply to an operation.
pub fn reply(op: &Op, values: &Values) -> Message {
    let mut message = Message::default();
    for arg in op.args.iter().filter(|arg| arg.is_out) {
        if let Some(value) = values.output.get(&arg.name) {
            let at = message.argument(arg, value);
            if values.is_as_in_the_facts() {
                assert_eq!(
                    at, arg.reply_at,
                    "{}::{}: {}",
                    op.interface, op.name, arg.name
                );
            }
        }
        match arg.kind {
            Kind::Slot => message.items.push(Item::AnyCap),
            // A name space gives a capability by what else is memory.
            Kind::Fpage if values.gives_cap => message.items.push(Item::AnyCap),
            Kind::Fpage if !values.gives_nothing => message.items.push(Item::Memory),
            _ => {}
        }
    }
    message
}

/// A message as a server receives it.
#[derive(Debug)]
pub struct Received<'a> {
    pub words: &'a [u64],
    /// The first word of each item, as the kernel delivers it.
    pub items: &'a [u64],
}

/// What a server has to make of arguments: the method is called, or this is answered.
pub fn decode(op: &Op, message: &Received<'_>) -> Result<(), i64> {
    let bytes: Vec<u8> = message.words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let (mut at, mut next_item) = (op.opcode_size, 0);
    if at > bytes.len() {
        return Err(-err::EMSGTOOSHORT);
    }
    for arg in op.args.iter().filter(|arg| arg.is_in) {
        let taken = match &arg.kind {
            Kind::Value { align, used } => take(&bytes, at, *align, used.len()).map(|v| v.1),
            Kind::List {
                len,
                size,
                align,
                is_string,
            } => list(&bytes, at, (*len, *size, *align), *is_string)?,
            Kind::Varg => Some(bytes.len()),
            Kind::Cap => {
                let control = message.items.get(next_item).copied();
                next_item += usize::from(control.is_some());
                match control {
                    Some(control) if is_cap(control) => Some(at),
                    // C++ does not look; here a method gets capabilities only.
                    Some(_) if !arg.optional => return Err(-err::EMSGMISSARG),
                    _ => None,
                }
            }
            _ => Some(at),
        };
        match taken {
            Some(end) => at = end,
            None if arg.optional => {}
            None => return Err(-err::EMSGTOOSHORT),
        }
    }
    Ok(())
}

fn is_cap(control: u64) -> bool {
    control & item::MAP != 0 && control & 0x36 == 0x30
}

fn take(bytes: &[u8], at: usize, align: usize, len: usize) -> Option<(usize, usize)> {
    let at = up(at, align);
    let end = at.checked_add(len)?;
    (end <= bytes.len()).then_some((at, end))
}

/// Where elements end; text that is no UTF-8 is no argument.
fn list(
    bytes: &[u8],
    at: usize,
    (len, size, align): (usize, usize, usize),
    is_string: bool,
) -> Result<Option<usize>, i64> {
    let Some((at, end)) = take(bytes, at, len, len) else {
        return Ok(None);
    };
    let mut count = [0; 8];
    count[..len].copy_from_slice(&bytes[at..end]);
    let count = usize::try_from(u64::from_le_bytes(count)).unwrap_or(usize::MAX);
    let size = count.saturating_mul(size);
    let Some((at, end)) = take(bytes, end, align, size) else {
        return Ok(None);
    };
    if is_string {
        let Some(last) = end.checked_sub(1).filter(|_| count > 0) else {
            return Ok(None);
        };
        if std::str::from_utf8(&bytes[at..last]).is_err() {
            return Err(-err::EINVAL);
        }
    }
    Ok(Some(end))
}

/// Whether words and items fit together into a message.
pub fn fits(words: usize, items: usize) -> bool {
    words + item::WORDS * items <= MSG_REGS
}

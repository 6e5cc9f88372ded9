//! Lists of values, each with its type.

use super::arg::In;
use super::wire::{Decoder, Encoder};
use crate::error::{Error, Malformed, Result};
use crate::factory::Arg;
use l4re_sys::Fpage;
use l4re_sys::varg::{self, VargTag};

const WORD: usize = size_of::<u64>();

/// Any number of values, as the last argument (`L4::Ipc::Varg`, `l4/sys/cxx/ipc_varg`): what a
/// factory is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Varg<'m>(Side<'m>);

#[derive(Clone, Copy, Debug)]
enum Side<'m> {
    Client(&'m [Arg<'m>]),
    Server(&'m [u64]),
}

impl<'m> From<&'m [Arg<'m>]> for Varg<'m> {
    fn from(args: &'m [Arg<'m>]) -> Self {
        Varg(Side::Client(args))
    }
}

impl<'m> Varg<'m> {
    /// The values. One whose type is unknown is an error; one that is longer than the message is
    /// an error and the last.
    pub fn iter(&self) -> impl Iterator<Item = Result<Arg<'m>>> + use<'m> {
        let mut this = *self;
        core::iter::from_fn(move || match &mut this.0 {
            Side::Client(args) => {
                let (first, rest) = args.split_first()?;
                *args = rest;
                Some(Ok(*first))
            }
            Side::Server(words) => {
                let (tag, rest) = words.split_first()?;
                let tag = VargTag(*tag);
                let count = tag.size().div_ceil(WORD);
                let Some((value, rest)) = rest.split_at_checked(count) else {
                    *words = &[];
                    return Some(Err(Error::Malformed(Malformed::TooShort)));
                };
                *words = rest;
                Some(read(tag, value))
            }
        })
    }

    /// The value at `index`; [`Arg::Nil`] if there are fewer.
    ///
    /// # Errors
    /// [`Error::INVALID`] if its type is unknown; [`Malformed::TooShort`] if it is longer than
    /// the message.
    pub fn get(&self, index: usize) -> Result<Arg<'m>> {
        self.iter().nth(index).unwrap_or(Ok(Arg::Nil))
    }
}

fn read(tag: VargTag, value: &[u64]) -> Result<Arg<'_>> {
    let word = value.first().copied();
    match (tag.kind(), word) {
        (varg::NIL, _) => Ok(Arg::Nil),
        (varg::UMWORD, Some(word)) => Ok(Arg::Word(word)),
        (varg::MWORD, Some(word)) => Ok(Arg::Int(word as i64)),
        (varg::FPAGE, Some(word)) => Ok(Arg::Fpage(Fpage::from_raw(word))),
        (varg::STRING, _) => {
            let bytes = crate::msg::bytes_of(value);
            // The last byte is the 0.
            let text = (tag.size().checked_sub(1)).and_then(|len| bytes.get(..len));
            let text = text.ok_or(Error::Malformed(Malformed::TooShort))?;
            let text = core::str::from_utf8(text).map_err(|_| Error::INVALID)?;
            Ok(Arg::Str(text))
        }
        _ => Err(Error::INVALID),
    }
}

impl<'m> In<'m> for Varg<'m> {
    const BORROWS: bool = true;

    fn put(&self, to: &mut Encoder) {
        let Side::Client(args) = self.0 else {
            return;
        };
        for arg in args {
            let mut tag = |kind, size| to.value(VargTag::new(kind, size).0);
            match *arg {
                Arg::Nil => tag(varg::NIL, 0),
                Arg::Word(word) => {
                    tag(varg::UMWORD, WORD);
                    to.value(word);
                }
                Arg::Int(int) => {
                    tag(varg::MWORD, WORD);
                    to.value(int);
                }
                Arg::Fpage(fpage) => {
                    tag(varg::FPAGE, WORD);
                    to.value(fpage);
                }
                Arg::Str(text) => {
                    tag(varg::STRING, text.len() + 1);
                    to.values(text.as_bytes());
                    to.value(0u8);
                }
            }
        }
    }

    fn get(from: &mut Decoder<'m>) -> Result<Self> {
        let words = from.rest::<u64>();
        from.values(words).map(|words| Varg(Side::Server(words)))
    }
}

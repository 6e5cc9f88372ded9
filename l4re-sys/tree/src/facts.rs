//! Names and numbers of the interface, as a JSON file holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;

use crate::trouble::{Result, Trouble};

/// What headers define. The same names in the same order as in the file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Enumerators.
    pub enums: BTreeMap<String, Constant>,
    /// Macros that are integers.
    pub macros: BTreeMap<String, Constant>,
    /// The types of the macros that are integers, as C calls them.
    #[serde(skip)]
    pub macro_types: BTreeMap<String, &'static str>,
    /// Names of types as C writes them: `struct x`, or the name alone if it is a type's.
    #[serde(skip)]
    pub spelled: BTreeMap<String, String>,
    /// Functions that take or return a `long double`, for which Rust has no type.
    #[serde(skip)]
    pub of_long_double: BTreeSet<String>,
    /// Types: `struct x` and `union x` by their tags, type names without.
    pub types: BTreeMap<String, Type>,
    /// Functions.
    pub functions: BTreeMap<String, Function>,
    /// What only C++ knows, by qualified names.
    #[serde(default)]
    pub cxx: Cxx,
    /// Values of expressions with inline functions.
    #[serde(default)]
    pub inline: BTreeMap<String, Constant>,
}

/// What only C++ knows.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Cxx {
    /// Constants; the number of an operation of an interface is its opcode.
    pub constants: BTreeMap<String, Constant>,
    /// Types.
    pub types: BTreeMap<String, Type>,
}

/// A number with a name.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Constant {
    /// The header that defines it.
    pub header: String,
    /// Its value.
    pub value: Number,
}

/// An integer of C: any of 64 bits, with a sign or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub i128);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        match (i64::try_from(self.0), u64::try_from(self.0)) {
            (Ok(signed), _) => serializer.serialize_i64(signed),
            (_, Ok(unsigned)) => serializer.serialize_u64(unsigned),
            _ => Err(serde::ser::Error::custom("more than 64 bits")),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        let signed = number.as_i64().map(i128::from);
        signed
            .or_else(|| number.as_u64().map(i128::from))
            .map(Number)
            .ok_or_else(|| serde::de::Error::custom(format!("{number} is no integer of 64 bits")))
    }
}

/// A type's layout, in bytes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Type {
    /// Its alignment.
    pub align: usize,
    /// The fields of a structure or union, in the order of their definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Field>>,
    /// The header that defines it.
    pub header: String,
    /// Of an integer: whether it has a sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<bool>,
    /// Its size.
    pub size: usize,
}

/// A field of a structure or union.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Of a bit field: the offset of its first bit from the beginning of the structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bit_offset: Option<usize>,
    /// Of a bit field: how many bits it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<usize>,
    /// Its name.
    pub name: String,
    /// Its offset in bytes.
    pub offset: usize,
    /// Its size in bytes.
    pub size: usize,
}

/// A function.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Function {
    /// The header that declares it.
    pub header: String,
    /// Whether the header defines it, too.
    pub inline: bool,
}

impl Facts {
    /// Reads the text of a file; `name` tells which, if it is not understood.
    pub fn parse(text: &str, name: &str) -> Result<Facts> {
        serde_json::from_str(text).map_err(|error| {
            Trouble::new(
                format!("{name} holds no facts of the interface: {error}"),
                "Make such a file with: cargo xtask check-abi --l4re DIR --write FILE",
            )
        })
    }

    /// The text of a file: a line for each name.
    pub fn text(&self) -> String {
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, Lines::default());
        // Writing into memory does not fail, and the numbers come from 64 bits.
        let _ = self.serialize(&mut serializer);
        out.push(b'\n');
        String::from_utf8_lossy(&out).into_owned()
    }

    /// A constant by its C name, or a C++ one by its qualified name.
    pub fn constant(&self, name: &str) -> Option<&Constant> {
        if name.contains("::") {
            return self.cxx.constants.get(name);
        }
        self.enums.get(name).or_else(|| self.macros.get(name))
    }

    /// A type by its name, with or without `struct` or `union`.
    pub fn layout(&self, name: &str) -> Option<&Type> {
        if name.contains("::") {
            return self.cxx.types.get(name);
        }
        (self.types.get(&format!("struct {name}")))
            .or_else(|| self.types.get(name))
            .or_else(|| self.cxx.types.get(name))
    }
}

/// JSON whose outer two levels have a line for each entry.
#[derive(Default)]
struct Lines {
    depth: usize,
}

impl Lines {
    const OUTER: usize = 2;

    /// Constants of C++ stand one level deeper; they are few.
    fn breaks(&self) -> bool {
        self.depth <= Self::OUTER
    }

    fn line(&self, out: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
        writeln!(out)?;
        (0..self.depth).try_for_each(|_| out.write_all(b" "))
    }
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        let breaks = self.breaks();
        self.depth -= 1;
        if breaks {
            self.line(out)?;
        }
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if !first {
            out.write_all(if self.breaks() { b"," } else { b", " })?;
        }
        if self.breaks() {
            self.line(out)
        } else {
            Ok(())
        }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let constant = |value| Constant {
            header: "l4/a.h".to_owned(),
            value: Number(value),
        };
        let mut facts = Facts::default();
        facts.enums.insert("A".to_owned(), constant(-1));
        facts
            .enums
            .insert("B".to_owned(), constant(u64::MAX.into()));
        facts
            .cxx
            .constants
            .insert("L4::C::d".to_owned(), constant(3));
        let text = facts.text();
        assert!(
            text.starts_with(
                "{\n \"enums\": {\n  \"A\": {\"header\": \"l4/a.h\", \"value\": -1},\n  \"B\""
            ),
            "{text}"
        );
        assert_eq!(Facts::parse(&text, "x").unwrap(), facts);
        assert_eq!(facts.constant("L4::C::d"), Some(&constant(3)));
        assert_eq!(facts.constant("d"), None);
    }

    #[test]
    fn what_is_no_data_is_told() {
        let error = Facts::parse("{\"enums\": 3}", "data.json").unwrap_err();
        assert!(
            error.to_string().contains("data.json holds no facts"),
            "{error}"
        );
    }
}

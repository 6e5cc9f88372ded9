//! Reads C headers.

use std::collections::BTreeMap;

use clang::{Clang, Entity, EntityKind, Index, TranslationUnit, TypeKind};

use super::{Headers, bad_lines, parse};
use crate::facts::{Constant, Facts, Field, Function, Number, Type};
use crate::trouble::Result;

/// What the names of the probes below begin with.
const PROBE: &str = "l4re_tree_probe_";

pub(super) fn read(headers: &Headers, clang: &Clang) -> Result<Facts> {
    let index = Index::new(clang, false, false);
    let args = headers.clang_arguments("c", "-std=gnu11");
    let umbrella = headers.umbrella();
    let unit = parse(&index, &umbrella, "c", &args)?;
    let mut facts = Facts::default();
    let mut macros = BTreeMap::new();
    for entity in unit.get_entity().get_children() {
        let Some(header) = header_of(headers, &entity) else {
            continue;
        };
        match entity.get_kind() {
            EntityKind::MacroDefinition
                if !entity.is_function_like_macro() && !entity.is_builtin_macro() =>
            {
                if let Some(name) = entity.get_name() {
                    macros.insert(name, header);
                }
            }
            EntityKind::FunctionDecl => function(&entity, header, &mut facts),
            EntityKind::EnumDecl => {
                spell("enum ", &entity, &mut facts);
                enumerators(&entity, &header, &mut facts);
            }
            EntityKind::StructDecl => {
                spell("struct ", &entity, &mut facts);
                record("struct", &entity, header, &mut facts);
            }
            EntityKind::UnionDecl => {
                spell("union ", &entity, &mut facts);
                record("union", &entity, header, &mut facts);
            }
            EntityKind::TypedefDecl => {
                spell("", &entity, &mut facts);
                type_name(&entity, header, &mut facts);
            }
            _ => {}
        }
    }
    facts.macros = integers(headers, &index, &umbrella, macros)?;
    facts.macro_types = integer_types(headers, &index, &umbrella, &facts.macros)?;
    Ok(facts)
}

/// The header that an entity stands in, if it is L4Re's.
pub(super) fn header_of(headers: &Headers, entity: &Entity<'_>) -> Option<String> {
    let file = entity.get_location()?.get_expansion_location().file?;
    let name = headers.name_of(&file.get_path())?;
    name.starts_with("l4/").then_some(name)
}

/// Notes how a type's name is written; a name of its own is preferred to a tag.
fn spell(tag: &str, entity: &Entity<'_>, facts: &mut Facts) {
    let Some(name) = entity.get_name() else {
        return;
    };
    let spelled = format!("{tag}{name}");
    if tag.is_empty() {
        facts.spelled.insert(name, spelled);
    } else {
        facts.spelled.entry(name).or_insert(spelled);
    }
}

/// Whether a function takes or returns a `long double`.
fn has_long_double(entity: &Entity<'_>) -> bool {
    let Some(ty) = entity.get_type() else {
        return false;
    };
    let arguments = ty.get_argument_types().unwrap_or_default();
    (arguments.into_iter().chain(ty.get_result_type()))
        .any(|ty| ty.get_canonical_type().get_kind() == TypeKind::LongDouble)
}

fn function(entity: &Entity<'_>, header: String, facts: &mut Facts) {
    if let Some(name) = entity.get_name() {
        if has_long_double(entity) {
            facts.of_long_double.insert(name.clone());
        }
        let inline = entity.is_definition();
        facts
            .functions
            .entry(name)
            .and_modify(|function| function.inline |= inline)
            .or_insert(Function { header, inline });
    }
}

fn enumerators(entity: &Entity<'_>, header: &str, facts: &mut Facts) {
    for constant in entity.get_children() {
        if let (Some(name), Some(value)) = (constant.get_name(), value(&constant)) {
            let header = header.to_owned();
            facts.enums.insert(name, Constant { header, value });
        }
    }
}

/// An enumerator's value.
fn value(constant: &Entity<'_>) -> Option<Number> {
    let (as_signed, as_unsigned) = constant.get_enum_constant_value()?;
    let ty = constant.get_semantic_parent()?.get_enum_underlying_type()?;
    Some(Number(match ty.get_canonical_type().is_signed_integer() {
        true => as_signed.into(),
        false => as_unsigned.into(),
    }))
}

fn record(kind: &str, entity: &Entity<'_>, header: String, facts: &mut Facts) {
    let anonymous = entity.is_anonymous() || entity.get_name().is_none_or(|n| n.contains(' '));
    if !entity.is_definition() || anonymous {
        return;
    }
    if let (Some(name), Some(ty)) = (entity.get_name(), entity.get_type())
        && let Some(layout) = layout(&ty, header)
    {
        facts.types.insert(format!("{kind} {name}"), layout);
    }
}

fn type_name(entity: &Entity<'_>, header: String, facts: &mut Facts) {
    if let (Some(name), Some(ty)) = (entity.get_name(), entity.get_typedef_underlying_type())
        && let Some(layout) = layout(&ty, header)
    {
        facts.types.insert(name, layout);
    }
}

/// A type's layout, if it has one.
pub(super) fn layout(ty: &clang::Type<'_>, header: String) -> Option<Type> {
    let ty = ty.get_canonical_type();
    let mut layout = Type {
        align: ty.get_alignof().ok()?,
        header,
        size: ty.get_sizeof().ok()?,
        ..Type::default()
    };
    if ty.get_kind() == TypeKind::Record {
        layout.fields = Some(fields(&ty, 0));
    } else if ty.is_integer() {
        layout.signed = Some(ty.is_signed_integer());
    } else if ty.get_kind() == TypeKind::Enum {
        let declaration = ty.get_declaration()?;
        let underlying = declaration.get_enum_underlying_type()?;
        layout.signed = Some(underlying.get_canonical_type().is_signed_integer());
    }
    Some(layout)
}

/// The fields of a structure that stands so many bits behind the beginning of the whole. Those
/// of a structure without a name count as fields of the one around it.
fn fields(ty: &clang::Type<'_>, base: usize) -> Vec<Field> {
    let mut found = Vec::new();
    for entity in ty.get_fields().unwrap_or_default() {
        let (Ok(offset), Some(ty)) = (entity.get_offset_of_field(), entity.get_type()) else {
            continue;
        };
        let offset = base + offset;
        let ty = ty.get_canonical_type();
        let Some(name) = entity.get_name().filter(|name| !name.is_empty()) else {
            found.extend(fields(&ty, offset));
            continue;
        };
        let bits = entity.get_bit_field_width();
        found.push(Field {
            bit_offset: bits.map(|_| offset),
            bits,
            name,
            offset: offset / 8,
            // An array without a length has no size.
            size: ty.get_sizeof().unwrap_or(0),
        });
    }
    found
}

/// Which of the macros are integers, and which: a compiler is asked. (Multiplied by 0, a pointer
/// is an error.)
fn integers(
    headers: &Headers,
    index: &Index<'_>,
    umbrella: &str,
    macros: BTreeMap<String, String>,
) -> Result<BTreeMap<String, Constant>> {
    let mut text = umbrella.to_owned();
    let first_line = text.lines().count() + 1;
    for name in macros.keys() {
        text += &format!(
            "enum {{ {PROBE}{name} = (long long)({name}) + (long long)(0 * ({name})) }};\n"
        );
    }
    let args = headers.clang_arguments("c", "-std=gnu11");
    let unit = parse(index, &text, "c", &args)?;
    let names: Vec<&String> = macros.keys().collect();
    let mut values = BTreeMap::new();
    for probe in probed(&unit, first_line) {
        if let Some(name) = names.get(probe.line) {
            let constant = Constant {
                header: macros[*name].clone(),
                value: probe.value,
            };
            values.insert((*name).clone(), constant);
        }
    }
    Ok(values)
}

/// The types that an integer may have.
const INTEGERS: [&str; 12] = [
    "int",
    "unsigned int",
    "long",
    "unsigned long",
    "long long",
    "unsigned long long",
    "char",
    "signed char",
    "unsigned char",
    "short",
    "unsigned short",
    "_Bool",
];

/// Which types the macros have: a compiler is asked, as a constant's value does not tell.
fn integer_types(
    headers: &Headers,
    index: &Index<'_>,
    umbrella: &str,
    macros: &BTreeMap<String, Constant>,
) -> Result<BTreeMap<String, &'static str>> {
    let mut text = umbrella.to_owned();
    let first_line = text.lines().count() + 1;
    for name in macros.keys() {
        let kinds: Vec<String> = (INTEGERS.iter().enumerate())
            .map(|(n, ty)| {
                let same = format!("__builtin_types_compatible_p(__typeof__({name}), {ty})");
                format!("{} * {same}", n + 1)
            })
            .collect();
        text += &format!("enum {{ {PROBE}{name} = {} }};\n", kinds.join(" + "));
    }
    let args = headers.clang_arguments("c", "-std=gnu11");
    let unit = parse(index, &text, "c", &args)?;
    let names: Vec<&String> = macros.keys().collect();
    let mut types = BTreeMap::new();
    for probe in probed(&unit, first_line) {
        // The type of an enumeration is an `int`, or what it is made of.
        let kind = usize::try_from(probe.value.0 - 1).ok();
        let ty = kind.and_then(|kind| INTEGERS.get(kind)).unwrap_or(&"int");
        if let Some(name) = names.get(probe.line) {
            types.insert((*name).clone(), *ty);
        }
    }
    Ok(types)
}

/// The answer to a question that was put to the compiler.
pub(super) struct Probe<'u> {
    /// The number of the question's line, from the first one's on.
    pub line: usize,
    /// The answer.
    pub value: Number,
    /// The enumerator that has it.
    pub entity: Entity<'u>,
}

/// The values of enumerators that stand one to a line, from a line of the main file on, those
/// without errors.
pub(super) fn probed<'u>(unit: &'u TranslationUnit<'u>, first_line: usize) -> Vec<Probe<'u>> {
    let bad = bad_lines(unit);
    let enums = unit.get_entity().get_children().into_iter();
    let constants = enums
        .filter(|entity| entity.get_kind() == EntityKind::EnumDecl)
        .flat_map(|entity| entity.get_children())
        .filter(|entity| entity.get_name().is_some_and(|n| n.starts_with(PROBE)));
    constants
        .filter_map(|entity| {
            let line = entity.get_location()?.get_expansion_location().line;
            let value = value(&entity)?;
            let line = (!bad.contains(&line)).then_some(line as usize)?;
            Some(Probe {
                line: line.checked_sub(first_line)?,
                value,
                entity,
            })
        })
        .collect()
}

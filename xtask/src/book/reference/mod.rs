//! The interface reference: pages made of the facts in `l4re-sys/data`, of the definitions in
//! `l4re-sys`, and of the methods of `l4re` that use them.

mod facts;
mod names;
mod protocols;
mod source;
mod uses;

use anyhow::Result;

use crate::workspace::Workspace;
use facts::Facts;
use source::Definitions;
use uses::Uses;

/// The pages: paths from the project's folder, and their text.
pub fn pages(ws: &Workspace) -> Result<Vec<(&'static str, String)>> {
    let facts = Facts::read(ws)?;
    let definitions = Definitions::read(&ws.root.join("l4re-sys/src"))?;
    let uses = Uses::read(&ws.root.join("l4re/src"))?;
    let (kernel, services) = protocols::pages(&facts, &definitions, &uses);
    Ok(vec![
        ("docs/reference/kernel.md", kernel),
        ("docs/reference/services.md", services),
        ("docs/reference/names.md", names::page(&facts, &definitions)),
    ])
}

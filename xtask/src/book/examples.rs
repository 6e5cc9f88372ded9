//! The page of examples: what each shows, from its own page.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::{NOTE, README};
use crate::workspace::Workspace;

/// Where the page stands, and its text.
pub fn page(ws: &Workspace) -> Result<(&'static str, String)> {
    let mut page = format!(
        "{NOTE}\n# Examples\n\n\
         Programs to copy from, in `examples/`. `./run NAME` builds and boots each; its folder has a page \
         that says more.\n\n\
         | example | what it shows |\n|---|---|\n"
    );
    for name in ws.examples()? {
        let file = ws.root.join("examples").join(&name).join(README);
        let text = fs::read_to_string(&file).with_context(|| {
            format!(
                "cannot read {}, which says in a few lines what the example shows",
                file.display()
            )
        })?;
        let _ = writeln!(page, "| `{name}` | {} |", first_paragraph(&text));
    }
    Ok(("docs/examples.md", page))
}

/// The first paragraph, in a line, for a cell of a table.
fn first_paragraph(text: &str) -> String {
    let mut inside = false;
    let mut paragraph = String::new();
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Paragraph) => inside = true,
            Event::End(TagEnd::Paragraph) => break,
            Event::Text(text) if inside => paragraph += &text,
            Event::Code(code) if inside => {
                let _ = write!(paragraph, "`{code}`");
            }
            Event::SoftBreak | Event::HardBreak if inside => paragraph.push(' '),
            _ => {}
        }
    }
    paragraph.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_paragraph_is_what_an_example_shows() {
        let text = "# x\n\nOne `a|b`\n[two](t.md).\n\nThree.\n";
        assert_eq!(first_paragraph(text), "One `a\\|b` two.");
    }
}

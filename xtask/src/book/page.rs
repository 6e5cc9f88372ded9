//! A page: its headings, links and blocks of code.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// What is checked of a page.
#[derive(Debug, Default)]
pub struct Page {
    /// The path from the project's folder, as `docs/running.md`.
    pub name: String,
    /// The names of headings, as links have them behind `#`.
    pub anchors: Vec<String>,
    /// Where links and images lead.
    pub links: Vec<String>,
    /// `{{#include ...}}`: files, with or without `:anchor`.
    pub includes: Vec<String>,
    /// The blocks of code in their order.
    pub blocks: Vec<Block>,
}

/// A block of code.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// The line where its content begins.
    pub line: usize,
    /// The language: what stands first behind the fence.
    pub language: String,
    /// What follows it: `name=value`, or a name alone.
    pub attributes: Vec<(String, String)>,
    /// The content.
    pub text: String,
}

impl Block {
    fn new(line: usize, info: &str) -> Self {
        let mut words = info.split([',', ' ']).filter(|word| !word.is_empty());
        let language = words.next().unwrap_or_default().to_owned();
        let attributes = words
            .map(|word| match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => (word.to_owned(), String::new()),
            })
            .collect();
        Block {
            line,
            language,
            attributes,
            text: String::new(),
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Page {
    /// Reads a page.
    pub fn new(name: &str, text: &str) -> Self {
        let mut page = Page {
            name: name.to_owned(),
            ..Page::default()
        };
        let mut heading: Option<String> = None;
        let mut block: Option<Block> = None;
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    if let Some(heading) = heading.take() {
                        page.add_anchor(&heading);
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    // Behind the line of the fence.
                    let line = text[..range.start].matches('\n').count() + 2;
                    block = Some(Block::new(line, &info));
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(block) = &mut block {
                        block.text += &text;
                    } else if let Some(heading) = &mut heading {
                        *heading += &text;
                    }
                }
                _ => {}
            }
        }
        page.includes = includes(text);
        page
    }

    /// As mdbook and GitHub name headings: what is no letter, digit, `-` or `_` is left out, and
    /// the second of a name has `-1` behind it.
    fn add_anchor(&mut self, heading: &str) {
        let name: String = heading
            .trim()
            .chars()
            .filter_map(|c| match c {
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
                c if c.is_whitespace() => Some('-'),
                _ => None,
            })
            .collect();
        let taken = |name: &String| self.anchors.contains(name);
        let name = if taken(&name) {
            let mut numbered = (1..).map(|number| format!("{name}-{number}"));
            numbered.find(|name| !taken(name)).unwrap_or_default()
        } else {
            name
        };
        self.anchors.push(name);
    }
}

fn includes(text: &str) -> Vec<String> {
    text.split("{{#")
        .skip(1)
        .filter_map(|rest| {
            let (inside, _) = rest.split_once("}}")?;
            let (verb, path) = inside.split_once(' ')?;
            matches!(verb, "include" | "rustdoc_include").then(|| path.trim().to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let text = "# A `b`: c\n\n[x](y.md#z) ![i](i.png)\n\n```console,status=3\n$ ls\na\n```\n\n\
                    ## A b c\n\n```rust\n{{#include ../x.rs:all}}\n```\n";
        let page = Page::new("docs/p.md", text);
        assert_eq!(page.anchors, ["a-b-c", "a-b-c-1"]);
        assert_eq!(page.links, ["y.md#z", "i.png"]);
        assert_eq!(page.includes, ["../x.rs:all"]);
        let block = &page.blocks[0];
        assert_eq!((block.line, block.language.as_str()), (6, "console"));
        assert_eq!(block.attribute("status"), Some("3"));
        assert_eq!(block.text, "$ ls\na\n");
    }
}

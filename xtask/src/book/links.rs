//! Where links and listings lead: to files, headings and anchors that are there.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::page::Page;
use super::{BOOK, SUMMARY};
use crate::workspace::Workspace;

/// What is wrong with a page's links and listings.
pub fn check(ws: &Workspace, page: &Page, pages: &[Page]) -> Vec<String> {
    let mut wrong: Vec<String> = (page.links.iter())
        .filter_map(|link| link_fault(ws, page, pages, link))
        .collect();
    wrong.extend((page.includes.iter()).filter_map(|path| include_fault(ws, page, path)));
    if page.name.starts_with(BOOK) && page.name != SUMMARY {
        let listed = pages
            .iter()
            .filter(|other| other.name == SUMMARY)
            .flat_map(|summary| summary.links.iter().map(|link| beside(summary, link)))
            .any(|file| file == Path::new(&page.name));
        if !listed {
            wrong.push(format!("no line of {SUMMARY} lists this page"));
        }
    }
    wrong
}

fn link_fault(ws: &Workspace, page: &Page, pages: &[Page], link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let file = if path.is_empty() {
        PathBuf::from(&page.name)
    } else {
        beside(page, path)
    };
    let target = pages.iter().find(|page| Path::new(&page.name) == file);
    if target.is_none() && !ws.root.join(&file).exists() {
        return Some(format!("link to {link}: there is no {}", file.display()));
    }
    // Rendered, the book is a folder of its own.
    let in_book = |name: &Path| name.starts_with(BOOK);
    if in_book(Path::new(&page.name)) && !in_book(&file) {
        return Some(format!(
            "link to {link}: it leads out of the book; name the file without a link"
        ));
    }
    if anchor.is_empty() {
        return None;
    }
    let target = target?;
    let there = target.anchors.iter().any(|name| name == anchor);
    (!there).then(|| {
        format!(
            "link to {link}: {} has no such heading, but {}",
            target.name,
            target.anchors.join(", ")
        )
    })
}

fn include_fault(ws: &Workspace, page: &Page, include: &str) -> Option<String> {
    let (path, anchor) = include.split_once(':').unwrap_or((include, ""));
    let file = beside(page, path);
    let Ok(text) = fs::read_to_string(ws.root.join(&file)) else {
        return Some(format!(
            "include of {include}: there is no {}",
            file.display()
        ));
    };
    let lines = anchor
        .split(':')
        .all(|part| part.is_empty() || part.parse::<u32>().is_ok());
    if anchor.is_empty() || lines {
        return None;
    }
    let has = |mark: &str| {
        let mark = format!("{mark}: {anchor}");
        text.lines().any(|line| line.trim_end().ends_with(&mark))
    };
    (!has("ANCHOR") || !has("ANCHOR_END"))
        .then(|| format!("include of {include}: the file has no such anchor"))
}

/// A path that stands in a page, from the project's folder.
fn beside(page: &Page, path: &str) -> PathBuf {
    let folder = Path::new(&page.name).parent().unwrap_or(Path::new(""));
    let mut whole = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_nowhere_is_told() {
        let ws = Workspace::locate().unwrap();
        let pages = [
            Page::new("docs/SUMMARY.md", "[a](a.md)"),
            Page::new(
                "docs/a.md",
                "# One\n\n[x](#one) [y](b.md) [z](../README.md) [w](#two)",
            ),
            Page::new("docs/c.md", "{{#include ../Cargo.toml}} {{#include no.rs}}"),
        ];
        let faults = check(&ws, &pages[1], &pages);
        assert_eq!(faults.len(), 3, "{faults:#?}");
        assert!(faults[0].contains("no docs/b.md"), "{faults:#?}");
        assert!(faults[1].contains("out of the book"), "{faults:#?}");
        assert!(faults[2].contains("no such heading"), "{faults:#?}");
        let faults = check(&ws, &pages[2], &pages);
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(faults[0].contains("no docs/no.rs"), "{faults:#?}");
        assert!(faults[1].contains("lists this page"), "{faults:#?}");
    }
}

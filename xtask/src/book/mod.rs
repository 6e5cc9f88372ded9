//! `cargo xtask book`: renders the book in `docs/`, or checks that what it says is true.

mod commands;
mod examples;
mod links;
mod page;
mod reference;
mod render;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli::BookArgs;
use crate::status;
use crate::workspace::Workspace;
use page::Page;

/// The book's sources, and the page that lists its chapters.
const BOOK: &str = "docs";
const SUMMARY: &str = "docs/SUMMARY.md";
/// A page outside of the book that is checked with it.
const README: &str = "README.md";

/// Renders the book; with `--check`, holds it to what is there and writes nothing.
pub fn run(ws: &Workspace, args: &BookArgs) -> Result<u8> {
    if !args.check {
        for (path, text) in generated(ws)? {
            write_if_changed(&ws.root.join(path), &text)?;
        }
        return if args.generate {
            Ok(0)
        } else {
            render::run(ws, args.open)
        };
    }
    let wanted = |name: &str| {
        args.filter
            .as_deref()
            .is_none_or(|part| name.contains(part))
    };
    let mut report = Report::default();
    for (path, text) in generated(ws)? {
        if wanted(path) {
            let current = fs::read_to_string(ws.root.join(path)).is_ok_and(|now| now == text);
            let complaint = (!current)
                .then(|| "is not current; write it: cargo xtask book --generate".to_owned());
            report.add(&format!("{path}: generated"), complaint);
        }
    }
    let pages = read_pages(ws)?;
    for page in pages.iter().filter(|page| wanted(&page.name)) {
        let complaints = links::check(ws, page, &pages);
        report.add(
            &format!("{}: links and listings", page.name),
            (!complaints.is_empty()).then(|| complaints.join("\n")),
        );
    }
    if !args.no_commands {
        for page in pages.iter().filter(|page| wanted(&page.name)) {
            for (name, complaint) in commands::check(ws, page)? {
                report.add(&name, complaint);
            }
        }
    }
    println!("{} passed, {} failed", report.passed, report.failed);
    let good = report.failed == 0 && report.passed > 0;
    Ok(if good { 0 } else { status::OTHER })
}

/// What stands above each page that is made here.
const NOTE: &str = "<!-- Made by `cargo xtask book`; what is changed here is overwritten. -->";

/// The pages that are made here: paths from the project's folder, and their text.
fn generated(ws: &Workspace) -> Result<Vec<(&'static str, String)>> {
    let mut pages = reference::pages(ws)?;
    pages.push(examples::page(ws)?);
    Ok(pages)
}

#[derive(Default)]
struct Report {
    passed: usize,
    failed: usize,
}

impl Report {
    fn add(&mut self, name: &str, complaint: Option<String>) {
        match complaint {
            None => {
                self.passed += 1;
                println!("ok      {name}");
            }
            Some(complaint) => {
                self.failed += 1;
                println!("FAILED  {name}");
                for line in complaint.lines() {
                    println!("        > {line}");
                }
            }
        }
    }
}

/// Every page of the book, the README, and those of the examples.
fn read_pages(ws: &Workspace) -> Result<Vec<Page>> {
    let mut files = vec![PathBuf::from(README)];
    markdown_in(&ws.root, Path::new(BOOK), &mut files)?;
    for example in ws.examples()? {
        let file = Path::new("examples").join(example).join(README);
        if ws.root.join(&file).is_file() {
            files.push(file);
        }
    }
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let path = ws.root.join(&file);
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Page::new(&file.to_string_lossy(), &text))
        })
        .collect()
}

fn markdown_in(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let dir = root.join(folder);
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            markdown_in(root, &path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "md") {
            files.push(path);
        }
    }
    Ok(())
}

fn write_if_changed(file: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(file).is_ok_and(|now| now == text) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

//! Mistakes in interfaces, their servers and clients are errors of the compiler's that point at
//! the mistake. In each file of `cases`, a comment `//~ TEXT` says that the compiler finds fault
//! with the line, and that the error has the text; it must find no other.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The crate as it was built for this test: the newest of those that this compiler reads.
fn library(deps: &Path) -> PathBuf {
    let files = std::fs::read_dir(deps).expect("the folder of built libraries");
    let built = files.filter_map(|file| {
        let path = file.ok()?.path();
        let name = path.file_name()?.to_str()?;
        let is_it = name.starts_with("libl4re-") && name.ends_with(".rlib");
        is_it.then_some((path.metadata().ok()?.modified().ok()?, path))
    });
    let mut built: Vec<_> = built.collect();
    built.sort();
    let probe = temporary("probe.rs");
    std::fs::write(&probe, "extern crate l4re;").expect("a file of one line");
    let mut readable = built.into_iter().rev().map(|(_, path)| path);
    let found = readable.find(|path| run(&probe, deps, path).status.success());
    let _ = std::fs::remove_file(&probe);
    found.expect("the library has been built beside its tests")
}

/// Where libraries are: `deps`, and the compiler's own macros, which are not for a target that was
/// named: `target/TARGET/PROFILE/deps` and `target/PROFILE/deps`.
fn folders(deps: &Path) -> impl Iterator<Item = PathBuf> {
    let profile = deps.parent().and_then(Path::file_name);
    let target = deps.ancestors().nth(3);
    let macros = (target.zip(profile)).map(|(dir, profile)| dir.join(profile).join("deps"));
    std::iter::once(deps.to_owned()).chain(macros)
}

/// A file that is the test's own.
fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("l4re-mistakes-{}-{name}", std::process::id()))
}

/// Has a file compiled.
fn run(case: &Path, deps: &Path, library: &Path) -> Output {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let out = temporary("out");
    let output = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata"])
        .args(["--error-format=json", "-Awarnings"])
        .arg("--extern")
        .arg(format!("l4re={}", library.display()))
        .args(
            folders(deps).flat_map(|deps| ["-L".into(), format!("dependency={}", deps.display())]),
        )
        .arg("-o")
        .arg(&out)
        .arg(case)
        .output()
        .expect("rustc starts");
    // There is one only if the compiler has found nothing.
    let _ = std::fs::remove_file(&out);
    output
}

/// What the compiler says of a file: texts by line.
fn compile(case: &Path, deps: &Path, library: &Path) -> Vec<(u64, String)> {
    let output = run(case, deps, library);
    let text = String::from_utf8_lossy(&output.stderr);
    let messages = text.lines().map(serde_json::from_str::<Json>);
    messages
        .map(|message| message.expect("a message of the compiler's"))
        .filter(|message| message["level"] == "error")
        .filter_map(|message| {
            let spans = message["spans"].as_array()?;
            let primary = spans.iter().find(|span| span["is_primary"] == true)?;
            let name = case.file_name()?.to_str()?;
            let place = place(primary, name)?;
            let notes = message["children"]
                .as_array()?
                .iter()
                .map(|note| &note["message"]);
            let labels = spans.iter().map(|span| &span["label"]);
            let all = std::iter::once(&message["message"])
                .chain(notes)
                .chain(labels);
            let told: Vec<_> = all.filter_map(Json::as_str).collect();
            Some((place, told.join("; ")))
        })
        .collect()
}

/// The line of the case that an error points at, perhaps through macros.
fn place(span: &Json, name: &str) -> Option<u64> {
    if span["file_name"]
        .as_str()
        .is_some_and(|file| file.ends_with(name))
    {
        return span["line_start"].as_u64();
    }
    place(span["expansion"].get("span")?, name)
}

#[test]
fn the_compiler_points_at_mistakes() {
    let exe = std::env::current_exe().expect("this program");
    let deps = exe.parent().expect("its folder");
    let library = library(deps);
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes/cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in std::fs::read_dir(cases).expect("the cases") {
        let case = case.expect("a case").path();
        let source = std::fs::read_to_string(&case).expect("a case");
        let marks = source.lines().zip(1..).filter_map(|(line, number)| {
            let (_, text) = line.split_once("//~ ")?;
            Some((number, text.trim()))
        });
        let mut due: BTreeMap<u64, &str> = marks.collect();
        count += due.len();
        let name = case
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut known = BTreeMap::new();
        for (line, told) in compile(&case, deps, &library) {
            match due.remove(&line) {
                Some(text) if told.contains(text) => {
                    known.insert(line, text);
                }
                // One mistake can be told in more than one way.
                None if known.contains_key(&line) => {}
                text => wrong.push(format!("{name}:{line}: due {text:?}, told {told}")),
            }
        }
        wrong.extend(
            due.iter()
                .map(|(line, text)| format!("{name}:{line}: not told: {text}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= 30, "{count} mistakes");
}

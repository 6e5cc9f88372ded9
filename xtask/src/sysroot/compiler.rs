//! `RUSTC` and `RUSTDOC` for cargo: scripts before the toolchain's own programs.
//!
//! Cargo has one compiler for the target and for this computer, where build scripts and procedural
//! macros run. What the target needs is therefore added here, where the target is known, and
//! reaches nothing else:
//!
//! * A target of one's own is unstable, so a stable compiler is unlocked (`RUSTC_BOOTSTRAP`). The
//!   features of the language and the library stay locked all the same (`-Zallow-features`), or
//!   crates that probe for them would be built as with a nightly compiler; but `thread_local`,
//!   which the crate `l4re` needs in any program. Who sets `RUSTC_BOOTSTRAP` has them all.
//! * The target that is built into rustc 1.99 and later goes by this project's file, too
//!   ([`BUILT_IN_TARGET`]): with its start code, its libraries, and programs at a fixed address.
//! * The crate `libc` is compiled from this project's module, and some other crates from copies with
//!   changes (`crates.rs`). Of these it is their build scripts, too, which know systems by name: the
//!   one thing that is changed where it runs on this computer.
//! * The target's flags are added where cargo has left them out: it takes the variable `RUSTFLAGS`
//!   in their place, and build scripts that try the compiler have none.
//! * A program with `std` unwinds unless its profile says otherwise. The library unwinds but for
//!   the crate that such a profile takes, `panic_abort`.
//! * Examples in documentation are left out, which is said: rustdoc runs them for built-in
//!   targets alone (rustc 1.95 to 1.99 panic on another one).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{crates, key};
use crate::setup::Setup;
use crate::workspace::{BUILT_IN_TARGET, TARGET, Workspace};

/// The target's flags, as cargo gets them.
pub const FLAGS: &str = "L4RE_RS_FLAGS";
/// Not empty: the flags are for programs with `std`.
pub const STD: &str = "L4RE_RS_STD";

/// The value for cargo's `RUSTC`.
pub fn rustc(ws: &Workspace, setup: &Setup) -> PathBuf {
    // Clippy's driver knows a compiler by this name.
    dir(ws, setup).join("rustc")
}

/// The value for cargo's `RUSTDOC`.
pub fn rustdoc(ws: &Workspace, setup: &Setup) -> PathBuf {
    dir(ws, setup).join("rustdoc")
}

fn dir(ws: &Workspace, setup: &Setup) -> PathBuf {
    (ws.own_dir().join("compiler")).join(key(setup, &setup.toolchain.rustc))
}

/// Writes both scripts, if they are not there.
pub fn write(ws: &Workspace, setup: &Setup) -> Result<()> {
    let libc = ws.root.join("uclibc-libc-patch/src/lib.rs");
    let patches = crates::all(&ws.root)?;
    let copies = (ws.own_dir().join("crates")).join(crates::fingerprint(&patches));
    let changed = crates::script(
        &patches,
        &quote(&ws.root.join(crates::FOLDER))?,
        &quote(&copies)?,
    );
    for (name, script) in [("rustc", rustc(ws, setup)), ("rustdoc", rustdoc(ws, setup))] {
        let program = setup.toolchain.rustc.with_file_name(name);
        let text = text(&program, &libc, setup.toolchain.is_nightly())?;
        write_program(&script, &text.replace("@CHANGED@", &changed))?;
    }
    Ok(())
}

fn write_program(file: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let dir = file.parent().context("a file without a folder")?;
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    // Another process may be using the old one.
    let fresh = tempfile::NamedTempFile::new_in(dir)?;
    fs::write(fresh.path(), text)?;
    fs::set_permissions(fresh.path(), fs::Permissions::from_mode(0o755))?;
    fresh.persist(file)?;
    Ok(())
}

fn quote(path: &Path) -> Result<String> {
    let path = path.to_str().context("a path is not UTF-8")?;
    Ok(shlex::try_quote(path)?.into_owned())
}

/// The script before `program`; what it does with other crates than `libc` is filled in later.
fn text(program: &Path, libc: &Path, nightly: bool) -> Result<String> {
    Ok(SCRIPT
        .replace("@TARGET@", TARGET)
        .replace("@BUILT_IN@", BUILT_IN_TARGET)
        .replace("@UNLOCK@", if nightly { "" } else { UNLOCK })
        .replace("@LIBC@", &quote(libc)?)
        .replace("@PROGRAM@", &quote(program)?))
}

const UNLOCK: &str = r#"
if [ -z "$RUSTC_BOOTSTRAP" ]; then
    export RUSTC_BOOTSTRAP=1
    set -- "$@" -Zallow-features=thread_local
fi
"#;

/// The script, before places and versions are filled in: the library depends on it.
pub const SCRIPT: &str = r#"#!/bin/sh
# What is not for @TARGET@ is passed on as it is. Written by xtask; the reasons
# stand in xtask/src/sysroot/compiler.rs.
target= crate= sysroot= panic= test= previous=
for arg in "$@"; do
    case $previous in
    --target) target=$arg ;;
    --crate-name) crate=$arg ;;
    -C | --codegen)
        case $arg in panic=*) panic=set ;; esac
        ;;
    esac
    case $arg in
    --target=*) target=${arg#--target=} ;;
    --sysroot | --sysroot=*) sysroot=set ;;
    -Cpanic=* | --codegen=panic=*) panic=set ;;
    --test) test=set ;;
    esac
    previous=$arg
done
@CHANGED@
case $target in
@TARGET@ | */@TARGET@.json | @BUILT_IN@) ;;
*)
    [ "$crate" = build_script_build ] || exec @PROGRAM@ "$@"
    n=$#
    while [ "$n" -gt 0 ]; do
        arg=$1
        shift
        n=$((n - 1))
        case $arg in */build.rs) changed "$arg" build.rs ;; esac
        set -- "$@" "$arg"
    done
    exec @PROGRAM@ "$@"
    ;;
esac
case $0 in
*/rustdoc)
    if [ "$test" ]; then
        echo "The examples in the documentation are left out: rustdoc runs them for targets"
        echo "that are built in, and @TARGET@ is not."
        exit 0
    fi
    ;;
esac
if [ -z "$sysroot" ]; then
    # Words without blanks, as cargo takes them.
    set -f
    set -- $L4RE_RS_FLAGS "$@"
    set +f
fi
if [ -z "$panic" ] && [ "$L4RE_RS_STD" ]; then
    set -- "$@" -Cpanic=unwind
fi
if [ "$crate" = panic_abort ]; then
    set -- "$@" -Cpanic=abort
fi
n=$# previous=
while [ "$n" -gt 0 ]; do
    arg=$1
    shift
    n=$((n - 1))
    case $arg in
    @BUILT_IN@) [ "$previous" = --target ] && arg=@TARGET@ ;;
    --target=@BUILT_IN@) arg=--target=@TARGET@ ;;
    esac
    previous=$arg
    case $crate,$arg in
    libc,*/libc-0.2.*/src/lib.rs) arg=@LIBC@ ;;
    libc,--edition=*) arg=--edition=2024 ;;
    *,*/src/lib.rs) changed "$arg" src/lib.rs ;;
    esac
    set -- "$@" "$arg"
done
@UNLOCK@exec @PROGRAM@ "$@"
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// The scripts before a program that tells what it was called with.
    struct Scripts {
        room: tempfile::TempDir,
    }

    impl Scripts {
        fn new(nightly: bool) -> Scripts {
            let room = tempfile::tempdir().unwrap();
            let real = room.path().join("a real one");
            write_program(
                &real,
                "#!/bin/sh\necho \"bootstrap=$RUSTC_BOOTSTRAP\"\nprintf '<%s>\\n' \"$@\"\n",
            )
            .unwrap();
            for name in ["rustc", "rustdoc"] {
                let text = text(&real, Path::new("/our libc/lib.rs"), nightly).unwrap();
                let changed = crates::script(&[], "/none", "/none");
                let text = text.replace("@CHANGED@", &changed);
                write_program(&room.path().join(name), &text).unwrap();
            }
            Scripts { room }
        }

        /// What reaches the program: whether it is unlocked, and its arguments.
        fn call(&self, name: &str, args: &[&str], env: &[(&str, &str)]) -> (String, Vec<String>) {
            let mut command = Command::new(self.room.path().join(name));
            for name in ["RUSTC_BOOTSTRAP", FLAGS, STD] {
                command.env_remove(name);
            }
            let out = command
                .args(args)
                .envs(env.iter().copied())
                .output()
                .unwrap();
            assert!(out.status.success());
            let text = String::from_utf8(out.stdout).unwrap();
            let mut lines = text
                .lines()
                .map(|line| line.trim_matches(['<', '>']).to_owned());
            (lines.next().unwrap_or_default(), lines.collect())
        }

        fn rustc(&self, args: &[&str], env: &[(&str, &str)]) -> (String, Vec<String>) {
            self.call("rustc", args, env)
        }
    }

    const SYSROOT: &str = "--sysroot=/s";

    #[test]
    fn builds_for_this_computer_are_passed_on_unchanged() {
        let scripts = Scripts::new(false);
        let env = [(FLAGS, "--sysroot=/s"), (STD, "1")];
        for args in [
            &["-vV"][..],
            &["--crate-name", "libc", "/r/libc-0.2.9/src/lib.rs", "a  b"],
            &["--target", "x86_64-unknown-linux-gnu", "x.rs"],
            &[
                "--crate-name",
                "x",
                "--cfg",
                "feature=\"x86_64-l4re-uclibc\"",
            ],
        ] {
            let (bootstrap, seen) = scripts.rustc(args, &env);
            assert_eq!(bootstrap, "bootstrap=");
            assert_eq!(seen, args);
            assert_eq!(scripts.call("rustdoc", args, &env).1, args);
        }
    }

    #[test]
    fn a_build_for_the_target_is_unlocked_and_its_features_are_not() {
        let scripts = Scripts::new(false);
        for target in [
            &["--target", TARGET][..],
            &["--target=x86_64-l4re-uclibc"],
            &["--target", "/t/x86_64-l4re-uclibc.json"],
        ] {
            let args = [target, &[SYSROOT]].concat();
            let (bootstrap, seen) = scripts.rustc(&args, &[]);
            assert_eq!(bootstrap, "bootstrap=1");
            assert_eq!(seen.last().unwrap(), "-Zallow-features=thread_local");
            // Who wants the features has said so; a nightly compiler has them anyway.
            let (bootstrap, seen) = scripts.rustc(&args, &[("RUSTC_BOOTSTRAP", "1")]);
            assert_eq!(
                (bootstrap.as_str(), seen),
                ("bootstrap=1", to_strings(&args))
            );
            let (bootstrap, seen) = Scripts::new(true).rustc(&args, &[]);
            assert_eq!(
                (bootstrap.as_str(), seen),
                ("bootstrap=", to_strings(&args))
            );
        }
    }

    #[test]
    fn the_built_in_target_goes_by_this_projects_file() {
        let scripts = Scripts::new(true);
        let args = [
            "--target",
            BUILT_IN_TARGET,
            SYSROOT,
            "--cfg",
            BUILT_IN_TARGET,
        ];
        let due = ["--target", TARGET, SYSROOT, "--cfg", BUILT_IN_TARGET];
        assert_eq!(scripts.rustc(&args, &[]).1, due);
        let one = format!("--target={BUILT_IN_TARGET}");
        let (_, seen) = scripts.call("rustdoc", &[&one, SYSROOT], &[]);
        assert_eq!(seen, [&format!("--target={TARGET}"), SYSROOT]);
    }

    fn to_strings(args: &[&str]) -> Vec<String> {
        args.iter().map(|arg| (*arg).to_owned()).collect()
    }

    #[test]
    fn flags_that_cargo_left_out_are_added_before_the_users_own() {
        let scripts = Scripts::new(true);
        let env = [(FLAGS, "-Zunstable-options --sysroot=/s")];
        let args = ["--target", TARGET, "--cfg", "mine"];
        let all = [&["-Zunstable-options", SYSROOT][..], &args].concat();
        assert_eq!(scripts.rustc(&args, &env).1, all);
        // Those that it has passed are not added again.
        assert_eq!(scripts.rustc(&all, &env).1, all);
    }

    #[test]
    fn a_profile_that_aborts_is_honoured_with_std() {
        let scripts = Scripts::new(true);
        let unwinds = |args: &[&str], std| {
            let args = [&["--target", TARGET, SYSROOT][..], args].concat();
            let (_, seen) = scripts.rustc(&args, &[(STD, std)]);
            seen.last().unwrap() == "-Cpanic=unwind"
        };
        assert!(unwinds(&["-C", "opt-level=3"], "1"));
        assert!(!unwinds(&["-C", "panic=abort"], "1"));
        assert!(!unwinds(&["-Cpanic=abort"], "1"));
        // In the library itself, the crate for programs that abort.
        let of_library = ["--crate-name", "panic_abort", "-Cpanic=unwind"];
        let args = [&["--target", TARGET, SYSROOT][..], &of_library].concat();
        assert_eq!(scripts.rustc(&args, &[]).1.last().unwrap(), "-Cpanic=abort");
        // Without std the target's own way holds: a panic ends the program.
        assert!(!unwinds(&[], ""));
    }

    #[test]
    fn the_crate_libc_is_this_projects_module() {
        let scripts = Scripts::new(true);
        let args = [
            "--crate-name",
            "libc",
            "--edition=2021",
            "/r/libc-0.2.189/src/lib.rs",
            "--target",
            TARGET,
            SYSROOT,
        ];
        let mut due = to_strings(&args);
        due[2] = "--edition=2024".to_owned();
        due[3] = "/our libc/lib.rs".to_owned();
        assert_eq!(scripts.rustc(&args, &[]).1, due);
        // Another crate of this name, or another of its versions, is what it is.
        let other = args.map(|arg| {
            if arg.contains("189") {
                "/r/libc-1.0.0/src/lib.rs"
            } else {
                arg
            }
        });
        assert_eq!(scripts.rustc(&other, &[]).1[3], "/r/libc-1.0.0/src/lib.rs");
    }

    #[test]
    fn examples_in_documentation_are_left_out_and_documentation_is_made() {
        let scripts = Scripts::new(true);
        let args = ["--test", "--target", TARGET, SYSROOT];
        let (first, rest) = scripts.call("rustdoc", &args, &[(STD, "1")]);
        assert!(first.contains("are left out"), "{first}");
        assert!(rest.iter().all(|line| !line.contains("--test")), "{rest:?}");
        let (_, seen) = scripts.call("rustdoc", &args[1..], &[]);
        assert_eq!(seen, args[1..]);
        // For this computer they run.
        let host = ["--test", "x.rs"];
        assert_eq!(scripts.call("rustdoc", &host, &[]).1, host);
    }
}

//! Installation by Debian's packages.

use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Missing, in_path, not_found};
use crate::status::{self, Failure};

const INSTALL: &str = "apt-get install -y --no-install-recommends";

/// Installs the packages for what is missing, or says how to.
///
/// As root the packages are installed. Otherwise the result is an error with the one
/// command to type; without `apt-get` an error that names the packages.
pub(super) fn install(missing: &[Missing]) -> Result<()> {
    let packages: Vec<&str> = (missing.iter())
        .flat_map(|missing| missing.packages.iter().copied())
        .collect();
    let list = packages.join(" ");
    if in_path("apt-get").is_none() {
        let mend = format!(
            "There is no apt-get here. Install by this system's own means what Debian has in: {list}"
        );
        return Err(not_found(missing, &mend));
    }
    if !rustix::process::geteuid().is_root() {
        let mend = format!(
            "To install it, type:\n    sudo sh -c 'apt-get update && {INSTALL} {list}'\n  and repeat your command."
        );
        return Err(not_found(missing, &mend));
    }
    eprintln!("setup: installing {list} by apt-get");
    let steps: [&[&str]; 2] = [&["update"], &["install", "-y", "--no-install-recommends"]];
    for (step, extra) in steps.into_iter().zip([&[][..], &packages]) {
        let out = Command::new("apt-get")
            .args(["-q", "-o", "DPkg::Lock::Timeout=120"])
            .args(step)
            .args(extra)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| not_found(missing, &format!("apt-get cannot be started: {error}")))?;
        // A failed update may still leave good package lists; the installation decides.
        if !out.status.success() && !extra.is_empty() {
            let tail = last_lines(&String::from_utf8_lossy(&out.stderr), 8);
            let reason = not_found(
                missing,
                &format!(
                    "apt-get could not install it: is there a network, or a package mirror that has it?\n  Once there is, repeat your command, or type: {INSTALL} {list}"
                ),
            );
            return Err(Failure::error(
                status::SETUP,
                format!("{reason}\n  apt-get said:\n{tail}"),
            ));
        }
    }
    Ok(())
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let from = lines.len().saturating_sub(count);
    (lines[from..].iter())
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_indented() {
        assert_eq!(last_lines("a\n\nb\nc\n", 2), "    b\n    c");
        assert_eq!(last_lines("", 2), "");
    }
}

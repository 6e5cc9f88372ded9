//! QEMU's command line, and its process.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::cli::MachineArgs;
use crate::status::{self, Failure};

/// What the boot loader in QEMU gets.
#[derive(Debug)]
pub struct Image {
    /// Folder in which the modules have their names.
    pub dir: tempfile::TempDir,
    /// The kernel, or bootstrap: a multiboot program.
    pub kernel: PathBuf,
    /// Its command line.
    pub command_line: String,
    /// Module names in `dir`, each with its command line's rest.
    pub modules: Vec<String>,
}

impl Image {
    /// An image with this kernel and no modules.
    pub fn new(kernel: &Path, command_line: &str) -> Result<Image> {
        let dir = tempfile::Builder::new()
            .prefix("l4re-rs-boot-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        Ok(Image {
            dir,
            kernel: kernel.to_owned(),
            command_line: command_line.to_owned(),
            modules: Vec::new(),
        })
    }

    /// Adds a file as a module under a name of its own, and arguments after the name.
    pub fn add_file(&mut self, name: &str, file: &Path, args: &str) -> Result<()> {
        let link = self.dir.path().join(name);
        // Two programs may share a file; it is one module.
        if link.symlink_metadata().is_err() {
            let file = std::path::absolute(file)?;
            std::os::unix::fs::symlink(&file, &link)
                .with_context(|| format!("cannot link {} to {}", link.display(), file.display()))?;
            self.push(name, args);
        }
        Ok(())
    }

    /// Adds text as a module.
    pub fn add_text(&mut self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.dir.path().join(name), text)?;
        self.push(name, "");
        Ok(())
    }

    fn push(&mut self, name: &str, args: &str) {
        let line = format!("{name} {args}");
        self.modules.push(line.trim_end().to_owned());
    }

    /// The value of `-initrd`: modules apart by commas, commas in them doubled.
    fn initrd(&self) -> String {
        let modules: Vec<String> = (self.modules.iter())
            .map(|module| module.replace(',', ",,"))
            .collect();
        modules.join(",")
    }
}

/// The command that boots an image on a machine with `memory` bytes.
pub fn command(qemu: &Path, image: &Image, machine: &MachineArgs, memory: u64) -> Result<Command> {
    if machine.kvm
        && std::fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/kvm")
            .is_err()
    {
        return Err(Failure::error(
            status::SETUP,
            "--kvm needs /dev/kvm, which is not there or not for this user; without it QEMU emulates (--tcg)",
        ));
    }
    let mut command = Command::new(qemu);
    command
        .current_dir(image.dir.path())
        .arg("-kernel")
        .arg(std::path::absolute(&image.kernel)?)
        .args(["-append", &image.command_line, "-initrd", &image.initrd()])
        .args(["-accel", if machine.kvm { "kvm" } else { "tcg" }])
        .args(["-m", &format!("{}M", memory >> 20)])
        .args(["-smp", &machine.smp.to_string()])
        .args(["-nodefaults", "-no-user-config", "-no-reboot"])
        .args(["-display", "none", "-vga", "none", "-serial", "mon:stdio"])
        // The kernel ends the machine by a write to this port.
        .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]);
    if machine.kvm {
        command.args(["-cpu", "host"]);
    }
    if machine.count {
        command.args(["-icount", "shift=0,align=off,sleep=off"]);
    }
    if let Some(date) = &machine.date {
        // The date does not go on while the machine stands still.
        command.args(["-rtc", &format!("base={date},clock=vm")]);
    }
    if machine.gdb {
        command.args(["-s", "-S"]);
    }
    Ok(command)
}

/// A running QEMU; it ends with this value.
pub struct Machine {
    child: Child,
    terminal: Option<Termios>,
}

impl Machine {
    /// Starts QEMU with its output piped to this process.
    /// What is typed comes from the terminal if it is `interactive`, or by [`input`](Self::input)
    /// if something is `typed`.
    pub fn start(mut command: Command, interactive: bool, typed: bool) -> Result<Machine> {
        let stdin = std::io::stdin();
        let terminal = (interactive && stdin.is_terminal() && in_foreground())
            .then(|| tcgetattr(&stdin).ok())
            .flatten();
        // A terminal that another process reads from would stop QEMU.
        let reads = interactive && (terminal.is_some() || !stdin.is_terminal());
        command
            .stdin(if typed {
                Stdio::piped()
            } else if reads {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped());
        // SAFETY: the closure runs between fork and exec and makes one system call; it
        // neither allocates nor takes a lock.
        unsafe {
            command.pre_exec(|| {
                rustix::process::set_parent_process_death_signal(Some(
                    rustix::process::Signal::KILL,
                ))
                .map_err(Into::into)
            });
        }
        let child = command.spawn().map_err(|error| {
            Failure::error(
                status::SETUP,
                format!("cannot start {}: {error}", command.get_program().display()),
            )
        })?;
        Ok(Machine { child, terminal })
    }

    /// The serial line's input, if it was asked for.
    pub fn input(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// The serial line's output.
    pub fn output(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(terminal) = &self.terminal {
            // A terminal that is gone needs no restoring.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, terminal);
        }
    }
}

fn in_foreground() -> bool {
    rustix::termios::tcgetpgrp(std::io::stdin())
        .is_ok_and(|group| group == rustix::process::getpgrp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_and_commas_doubled() {
        let mut image = Image::new(Path::new("/k"), "").unwrap();
        image
            .add_file("hello", Path::new("/a,b/hello"), "x,y")
            .unwrap();
        image.add_text("boot.plan", "end all\n").unwrap();
        image
            .add_file("hello", Path::new("/a,b/hello"), "x,y")
            .unwrap();
        assert_eq!(image.initrd(), "hello x,,y,boot.plan");
        assert!(image.dir.path().join("hello").is_symlink());
    }

    #[test]
    fn the_command_line_follows_the_options() {
        let image = Image::new(Path::new("/k"), "quiet").unwrap();
        let machine = MachineArgs {
            gdb: true,
            smp: 2,
            ..MachineArgs::default()
        };
        let command = command(Path::new("qemu"), &image, &machine, 256 << 20).unwrap();
        let args: Vec<_> = command
            .get_args()
            .map(|arg| arg.to_string_lossy())
            .collect();
        for pair in [
            ["-m", "256M"],
            ["-smp", "2"],
            ["-accel", "tcg"],
            ["-kernel", "/k"],
            ["-s", "-S"],
        ] {
            assert!(
                args.windows(2).any(|window| window == pair),
                "{pair:?} not in {args:?}"
            );
        }
    }
}

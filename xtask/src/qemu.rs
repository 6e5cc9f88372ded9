//! QEMU's command line, and its process.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use root_task::verdict;

use crate::cli::MachineArgs;
use crate::status::{self, Failure};

/// The emulated processor: all that QEMU can emulate, AVX among it, and what kernels use against
/// user programs. Its usual one is a processor of 2005.
const EMULATED: &str = "max";
/// The folder of the modules in an image's folder.
const MODULES: &str = "modules";
/// The file of the verdict in an image's folder, where no module's name can reach.
const VERDICT: &str = "verdict";

/// What the boot loader in QEMU gets.
#[derive(Debug)]
pub struct Image {
    /// Holds a folder in which the modules have their names, and the verdict beside it.
    dir: tempfile::TempDir,
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
        std::fs::create_dir(dir.path().join(MODULES))?;
        Ok(Image {
            dir,
            kernel: kernel.to_owned(),
            command_line: command_line.to_owned(),
            modules: Vec::new(),
        })
    }

    /// Adds a file as a module under a name of its own, and arguments after the name.
    pub fn add_file(&mut self, name: &str, file: &Path, args: &str) -> Result<()> {
        let link = self.modules_dir().join(name);
        // Two programs may share a file; it is one module.
        if link.symlink_metadata().is_err() {
            let file = std::path::absolute(file)?;
            std::os::unix::fs::symlink(&file, &link)
                .with_context(|| format!("cannot link {} to {}", link.display(), file.display()))?;
            self.push(name, args);
        }
        Ok(())
    }

    /// Adds a module with this content under a name of its own, unless it is there.
    pub fn add_bytes(&mut self, name: &str, bytes: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
        let file = self.modules_dir().join(name);
        if file.symlink_metadata().is_err() {
            std::fs::write(file, bytes()?)?;
            self.push(name, "");
        }
        Ok(())
    }

    /// Adds text as a module.
    pub fn add_text(&mut self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.modules_dir().join(name), text)?;
        self.push(name, "");
        Ok(())
    }

    fn modules_dir(&self) -> PathBuf {
        self.dir.path().join(MODULES)
    }

    /// Where the system tells how it ended.
    pub fn verdict(&self) -> Verdict {
        Verdict(self.dir.path().join(VERDICT))
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

/// Where the serial line's input comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Nobody types.
    None,
    /// What is typed on this process's terminal, QEMU's own keys (`Ctrl-a`) among it.
    Terminal,
    /// What this process writes to [`Machine::input`], every byte as it is.
    Pipe,
}

impl Keys {
    /// For a person who may type: the terminal, if this process may read from it. What is piped
    /// to this process comes by [`Machine::input`].
    pub fn of_stdin() -> Keys {
        let stdin = std::io::stdin();
        if !stdin.is_terminal() {
            Keys::Pipe
        } else if in_foreground() {
            Keys::Terminal
        } else {
            // A terminal that another process reads from would stop QEMU.
            Keys::None
        }
    }
}

/// The command that boots an image on a machine with `memory` bytes.
pub fn command(
    qemu: &Path,
    image: &Image,
    machine: &MachineArgs,
    keys: Keys,
    memory: u64,
) -> Result<Command> {
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
        .current_dir(image.modules_dir())
        .arg("-kernel")
        .arg(std::path::absolute(&image.kernel)?)
        .args(["-append", &image.command_line, "-initrd", &image.initrd()])
        .args(["-accel", if machine.kvm { "kvm" } else { "tcg" }])
        .args(["-m", &format!("{}M", memory >> 20)])
        .args(["-smp", &machine.smp.to_string()])
        .args(["-nodefaults", "-no-user-config", "-no-reboot"])
        .args(["-display", "none", "-vga", "none", "-serial"])
        .arg(match keys {
            Keys::Terminal => "mon:stdio",
            Keys::None | Keys::Pipe => "stdio",
        })
        // The kernel ends the machine by a write to this port.
        .args(["-device", &exit_device()])
        // The root task tells here how the system ended: no program has the port.
        .args(["-chardev", &format!("file,id={VERDICT},path=../{VERDICT}")])
        .args(["-device", &verdict_device()]);
    command.args(["-cpu", if machine.kvm { "host" } else { EMULATED }]);
    if machine.count {
        command.args(["-icount", "shift=0,align=off,sleep=off"]);
    }
    if let Some(date) = &machine.date {
        // The date does not go on while the machine stands still.
        command.args(["-rtc", &format!("base={date},clock=vm")]);
    }
    if let Some(port) = machine.gdb {
        // Whoever reaches the debugger's port has all of the machine.
        command.args(["-gdb", &format!("tcp:127.0.0.1:{port}"), "-S"]);
    }
    Ok(command)
}

fn exit_device() -> String {
    let ports = verdict::EXIT_PORTS;
    let size = ports.end() - ports.start() + 1;
    format!("isa-debug-exit,iobase={:#x},iosize={size}", ports.start())
}

fn verdict_device() -> String {
    let port = verdict::PORT;
    format!("isa-debugcon,iobase={port:#x},chardev={VERDICT}")
}

/// Where the system tells how it ended: a file that QEMU writes what is sent to a port to.
#[derive(Clone, Debug)]
pub struct Verdict(PathBuf);

impl Verdict {
    /// The status, once it was told.
    pub fn status(&self) -> Option<i64> {
        verdict::read(&std::fs::read_to_string(&self.0).ok()?)
    }
}

/// How QEMU ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The kernel ended it because of an error of its own.
    KernelPanic,
    /// Any other way.
    Other,
}

/// QEMU's exit status when the kernel stopped by an error (`stop_after_panic` there).
const PANIC_EXIT: i32 = 0x11 << 1 | 1;

/// A running QEMU; it ends with this value.
pub struct Machine {
    child: Child,
    terminal: Option<Termios>,
}

impl Machine {
    /// Starts QEMU, by a [`command`] for the same `keys`, with its output piped to this process.
    pub fn start(mut command: Command, keys: Keys) -> Result<Machine> {
        let terminal = (keys == Keys::Terminal)
            .then(|| tcgetattr(std::io::stdin()).ok())
            .flatten();
        command
            .stdin(match keys {
                Keys::Pipe => Stdio::piped(),
                Keys::Terminal => Stdio::inherit(),
                Keys::None => Stdio::null(),
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

    /// Waits for QEMU, whose output has ended.
    pub fn stop(&mut self) -> Stop {
        match self.child.wait().map(|status| status.code()) {
            Ok(Some(PANIC_EXIT)) => Stop::KernelPanic,
            _ => Stop::Other,
        }
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
        assert!(image.modules_dir().join("hello").is_symlink());
    }

    #[test]
    fn no_module_takes_the_verdicts_place() {
        let mut image = Image::new(Path::new("/k"), "").unwrap();
        image.add_file(VERDICT, Path::new("/x"), "").unwrap();
        assert_eq!(image.verdict().status(), None);
        std::fs::write(&image.verdict().0, "system ends with status 7\n").unwrap();
        assert_eq!(image.verdict().status(), Some(7));
    }

    #[test]
    fn the_command_line_follows_the_options() {
        let image = Image::new(Path::new("/k"), "quiet").unwrap();
        let machine = MachineArgs {
            gdb: Some(4321),
            smp: 2,
            ..MachineArgs::default()
        };
        let command = |keys| command(Path::new("qemu"), &image, &machine, keys, 256 << 20).unwrap();
        let piped = command(Keys::Pipe);
        assert!(piped.get_args().any(|arg| arg == "stdio"));
        let command = command(Keys::Terminal);
        let args: Vec<_> = command
            .get_args()
            .map(|arg| arg.to_string_lossy())
            .collect();
        for pair in [
            ["-m", "256M"],
            ["-smp", "2"],
            ["-accel", "tcg"],
            ["-kernel", "/k"],
            ["-gdb", "tcp:127.0.0.1:4321"],
            ["-serial", "mon:stdio"],
        ] {
            assert!(
                args.windows(2).any(|window| window == pair),
                "{pair:?} not in {args:?}"
            );
        }
    }
}

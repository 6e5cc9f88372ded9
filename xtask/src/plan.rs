//! The boot plan: what the embedded root task is to start.
//!
//! One statement a line, words quoted as in a shell; read by `root-task/src/plan.rs`.

use anyhow::{Context, Result};

use crate::system::System;
use crate::workspace::{GateRole, Log};

/// The name of the boot module that holds the plan.
pub const MODULE: &str = "boot.plan";

/// The plan that starts a system and ends it with its last program; with `colour`, each
/// program's lines in the log have one of their own.
pub fn write(system: &System, colour: bool) -> Result<String> {
    let mut plan = String::new();
    if colour {
        line(&mut plan, ["colour", "on"])?;
    }
    for gate in &system.gates {
        line(&mut plan, ["gate", gate])?;
    }
    for program in &system.programs {
        let mut words = vec!["start".to_owned(), program.module.clone()];
        for (gate, role) in &program.gates {
            let rights = match role {
                GateRole::Server => ":s",
                GateRole::Client => "",
            };
            words.extend(["-g".to_owned(), format!("{gate}{rights}")]);
        }
        words.extend(["-n".to_owned(), program.name.clone()]);
        if program.log == Log::Kernel {
            words.extend(["-o".to_owned(), "kernel".to_owned()]);
        }
        for ports in &program.io_ports {
            words.extend(["-p".to_owned(), ports.to_string()]);
        }
        for irq in &program.irqs {
            words.extend(["-i".to_owned(), irq.to_string()]);
        }
        for (name, value) in program.variables() {
            words.extend(["-e".to_owned(), format!("{name}={value}")]);
        }
        // As ned gives it, so that a program cannot tell the two systems apart.
        words.extend(["--".to_owned(), format!("rom/{}", program.module)]);
        words.extend(program.args.iter().cloned());
        line(&mut plan, words.iter().map(String::as_str))?;
    }
    let end = if system.end_first { "first" } else { "all" };
    line(&mut plan, ["end", end])?;
    Ok(plan)
}

fn line<'a>(plan: &mut String, words: impl IntoIterator<Item = &'a str>) -> Result<()> {
    let words: Vec<&str> = words.into_iter().collect();
    if let Some(word) = words.iter().find(|word| word.contains('\n')) {
        anyhow::bail!(
            "a program's argument has a line break, which a boot plan cannot hold: {word:?}"
        );
    }
    *plan += &shlex::try_join(words).context("a program's argument has a zero byte")?;
    plan.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Program;
    use crate::workspace::Value;

    fn program(name: &str, args: &[&str], gates: &[(&str, GateRole)]) -> Program {
        Program {
            name: name.to_owned(),
            module: name.to_owned(),
            elf: name.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            gates: gates
                .iter()
                .map(|(gate, role)| ((*gate).to_owned(), *role))
                .collect(),
            ..Program::default()
        }
    }

    #[test]
    fn a_driver() {
        let driver = Program {
            log: Log::Kernel,
            io_ports: vec![crate::workspace::Ports(0x70, 0x71)],
            irqs: vec![8, 9],
            env: [("A".to_owned(), Value("b c".to_owned()))].into(),
            ..program("d", &[], &[])
        };
        let system = System {
            programs: vec![driver],
            ..System::default()
        };
        let plan = write(&system, false).unwrap();
        let line = "start d -n d -o kernel -p 0x70-0x71 -i 8 -i 9 -e 'A=b c' -- rom/d";
        assert!(plan.lines().any(|found| found == line), "{plan}");
    }

    #[test]
    fn a_plan_of_two_programs() {
        let system = System {
            gates: vec!["calc".to_owned()],
            programs: vec![
                program("server", &[], &[("calc", GateRole::Server)]),
                program(
                    "client",
                    &["8", "two words", "it's"],
                    &[("calc", GateRole::Client)],
                ),
            ],
            ..System::default()
        };
        assert_eq!(
            write(&system, true).unwrap(),
            "colour on\n\
             gate calc\n\
             start server -g calc:s -n server -- rom/server\n\
             start client -g calc -n client -- rom/client 8 'two words' \"it's\"\n\
             end all\n"
        );
    }

    #[test]
    fn what_a_line_cannot_hold_is_refused() {
        let system = System {
            gates: Vec::new(),
            programs: vec![program("p", &["a\nb"], &[])],
            ..System::default()
        };
        assert!(write(&system, false).is_err());
    }
}

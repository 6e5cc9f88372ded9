//! The ned script that starts a system on L4Re's own servers.

use std::fmt::Write;

use crate::system::{Program, System};
use crate::workspace::{GateRole, Log};

/// The name of the boot module that holds the script.
pub const MODULE: &str = "boot.cfg";

/// A script that starts the programs, waits for each and tells how they ended,
/// in the embedded root task's words.
pub fn write(system: &System) -> String {
    let mut script = String::from("local L4 = require(\"L4\");\nlocal ld = L4.default_loader;\n");
    let mut out = |line: std::fmt::Arguments| {
        // Writing into a string cannot fail.
        let _ = script.write_fmt(line);
        script.push('\n');
    };
    out(format_args!("local gate = {{}};"));
    for gate in &system.gates {
        out(format_args!("gate[{}] = ld:new_channel();", quote(gate)));
    }
    out(format_args!("local task = {{}};"));
    for (number, program) in (1..).zip(&system.programs) {
        let caps = caps(program);
        let args: String = (program.args.iter())
            .map(|arg| format!(", {}", quote(arg)))
            .collect();
        let log = match program.log {
            Log::Lines => format!("{{ {}, \"g\" }}", quote(&program.name)),
            Log::Kernel => "L4.Env.log".to_owned(),
        };
        let file = quote(&format!("rom/{}", program.module));
        let env = variables(program);
        out(format_args!(
            "task[{number}] = ld:startv({{ caps = {{ {caps}}}, log = {log} }}, {file}{args}{env});"
        ));
    }
    out(format_args!("local status = 0;"));
    for (number, program) in (1..).zip(&system.programs) {
        let name = quote(&program.name);
        out(format_args!(
            "do\n  local s = task[{number}]:wait() & 0xff;\n  \
             print(\"[root] \" .. {name} .. \": exited with \" .. s);\n  \
             if status == 0 then status = s; end\nend"
        ));
    }
    out(format_args!(
        "print(\"[root] system ends with status \" .. status);"
    ));
    script
}

/// The environment variables of a program: a last argument that is a table.
fn variables(program: &Program) -> String {
    let entries: String = (program.variables())
        .map(|(name, value)| format!("[{}] = {}, ", quote(name), quote(value)))
        .collect();
    if entries.is_empty() {
        return entries;
    }
    format!(", {{ {entries}}}")
}

/// The named capabilities of a program.
fn caps(program: &Program) -> String {
    let mut caps: String = (program.gates.iter())
        .map(|(gate, role)| {
            let gate = quote(gate);
            let server = if *role == GateRole::Server {
                ":svr()"
            } else {
                ":m(\"rws\")"
            };
            format!("[{gate}] = gate[{gate}]{server}, ")
        })
        .collect();
    // As L4Re's scripts give them to drivers: all ports, all interrupts.
    if !program.io_ports.is_empty() {
        caps += "sigma0 = L4.cast(L4.Proto.Factory, L4.Env.sigma0):create(L4.Proto.Sigma0), ";
    }
    if !program.irqs.is_empty() {
        caps += "icu = L4.Env.icu, ";
    }
    caps
}

/// A Lua string; every byte that is not plain is written by its number.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'"' && byte != b'\\' => quoted.push(char::from(byte)),
            _ => quoted += &format!("\\{byte:03}"),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_cannot_break_out() {
        assert_eq!(quote("a b"), "\"a b\"");
        assert_eq!(quote("\"\\\n"), "\"\\034\\092\\010\"");
        assert_eq!(quote("ä"), "\"\\195\\164\"");
    }

    #[test]
    fn a_script_of_two_programs() {
        let program = |name: &str, role, args: &[&str]| Program {
            name: name.to_owned(),
            module: name.to_owned(),
            elf: name.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            gates: vec![("calc".to_owned(), role)],
            ..Program::default()
        };
        let script = write(&System {
            gates: vec!["calc".to_owned()],
            programs: vec![
                program("server", GateRole::Server, &[]),
                program("client", GateRole::Client, &["8", "two words"]),
            ],
            ..System::default()
        });
        for line in [
            "gate[\"calc\"] = ld:new_channel();",
            "task[1] = ld:startv({ caps = { [\"calc\"] = gate[\"calc\"]:svr(), }, log = { \"server\", \"g\" } }, \"rom/server\");",
            "task[2] = ld:startv({ caps = { [\"calc\"] = gate[\"calc\"]:m(\"rws\"), }, log = { \"client\", \"g\" } }, \"rom/client\", \"8\", \"two words\");",
            "print(\"[root] system ends with status \" .. status);",
        ] {
            assert!(
                script.lines().any(|found| found == line),
                "{line}\nnot in\n{script}"
            );
        }
    }

    #[test]
    fn a_driver() {
        let driver = Program {
            name: "d".to_owned(),
            log: Log::Kernel,
            io_ports: vec![crate::workspace::Ports(0x70, 0x71)],
            irqs: vec![8],
            env: [("A".to_owned(), crate::workspace::Value("b\"".to_owned()))].into(),
            ..Program::default()
        };
        let script = write(&System {
            programs: vec![driver],
            ..System::default()
        });
        for part in [
            "log = L4.Env.log }",
            "sigma0 = L4.cast(",
            "icu = L4.Env.icu,",
            ", { [\"A\"] = \"b\\034\", });",
        ] {
            assert!(script.contains(part), "{part}\nnot in\n{script}");
        }
    }
}

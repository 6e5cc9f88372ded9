//! A C source that states every value, size, offset and signature as its headers have it.

use crate::{aliases, c_field, constants, functions, layouts};

/// Headers that declare what the module has.
const HEADERS: [&str; 80] = [
    "arpa/inet.h",
    "ctype.h",
    "dirent.h",
    "dlfcn.h",
    "elf.h",
    "errno.h",
    "execinfo.h",
    "fcntl.h",
    "fnmatch.h",
    "getopt.h",
    "glob.h",
    "grp.h",
    "iconv.h",
    "ifaddrs.h",
    "inttypes.h",
    "langinfo.h",
    "libgen.h",
    "limits.h",
    "link.h",
    "locale.h",
    "malloc.h",
    "net/if.h",
    "netdb.h",
    "netinet/in.h",
    "netinet/ip.h",
    "netinet/tcp.h",
    "nl_types.h",
    "poll.h",
    "pthread.h",
    "pty.h",
    "pwd.h",
    "regex.h",
    "sched.h",
    "semaphore.h",
    "signal.h",
    "spawn.h",
    "stdio.h",
    "stdlib.h",
    "string.h",
    "sys/auxv.h",
    "sys/file.h",
    "sys/ioctl.h",
    "sys/mount.h",
    "sys/param.h",
    "sys/prctl.h",
    "sys/random.h",
    "sys/sem.h",
    "sys/shm.h",
    "sys/statvfs.h",
    "sys/sysinfo.h",
    "sys/times.h",
    "sys/uio.h",
    "sys/un.h",
    "sys/vfs.h",
    "sys/wait.h",
    "ucontext.h",
    "utime.h",
    "utmpx.h",
    "netinet/udp.h",
    "sys/mman.h",
    "wctype.h",
    "sys/resource.h",
    "sys/time.h",
    "sys/utsname.h",
    "syslog.h",
    "termios.h",
    "time.h",
    "wchar.h",
    "unistd.h",
    "utmp.h",
    "linux/falloc.h",
    "mntent.h",
    "net/if_arp.h",
    "net/route.h",
    "netpacket/packet.h",
    "paths.h",
    "shadow.h",
    "sys/epoll.h",
    "sys/msg.h",
    "sys/sendfile.h",
];

/// The begin of a C source that includes what declares the module's things, as far as it is there.
pub fn headers() -> String {
    let mut text = String::from("#define _GNU_SOURCE 1\n");
    for header in HEADERS {
        // A smaller library leaves some out, and what they declare is told one by one.
        text += &format!("#if __has_include(<{header}>)\n#include <{header}>\n#endif\n");
    }
    text
}

/// What a header and the module say of one thing.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// Whose it is: see [`crate::own::Exception`].
    pub name: String,
    /// What it is, in words.
    pub what: String,
    /// The module's value.
    pub ours: u64,
    /// The header's.
    pub theirs: u64,
}

struct Row {
    name: String,
    what: String,
    c: String,
    ours: u64,
}

/// The source, and what its table must hold.
pub struct Probe {
    rows: Vec<Row>,
    declarations: Vec<Row>,
}

/// The number that declarations' lines begin with.
const DECLARATIONS: usize = 100_001;

impl Default for Probe {
    fn default() -> Probe {
        Probe::new()
    }
}

impl Probe {
    /// Name of the table in the compiled source: an array of 64-bit numbers.
    pub const TABLE: &str = "libc_values";

    /// All that the module has.
    pub fn new() -> Probe {
        let mut rows = Vec::new();
        let mut declarations = Vec::new();
        for (name, value, size) in constants() {
            let mask = u64::MAX >> (64 - 8 * size);
            rows.push(Row {
                name: name.to_owned(),
                what: name.to_owned(),
                c: format!("(unsigned long)({name}) & {mask:#x}ul"),
                ours: value as u64 & mask,
            });
        }
        for layout in layouts() {
            let c = layout.c;
            rows.push(Row {
                name: c.to_owned(),
                what: format!("size of {c}"),
                c: format!("sizeof({c})"),
                ours: layout.size as u64,
            });
            rows.push(Row {
                name: c.to_owned(),
                what: format!("alignment of {c}"),
                c: format!("__alignof__({c})"),
                ours: layout.align as u64,
            });
            for (field, offset, size) in layout.fields {
                let Some(path) = c_field(c, field) else {
                    continue;
                };
                rows.push(Row {
                    name: format!("{c}.{path}"),
                    what: format!("offset of {path} in {c}"),
                    c: format!("__builtin_offsetof({c}, {path})"),
                    ours: *offset as u64,
                });
                rows.push(Row {
                    name: format!("{c}.{path}"),
                    what: format!("size of {path} in {c}"),
                    c: format!("sizeof((({c} *)0)->{path})"),
                    ours: *size as u64,
                });
            }
        }
        for (name, size) in aliases().filter(|(name, _)| !RUST_ONLY.contains(name)) {
            rows.push(Row {
                name: name.to_owned(),
                what: format!("size of {name}"),
                c: format!("sizeof({name})"),
                ours: size as u64,
            });
        }
        for function in functions() {
            let Some((result, arguments)) = signature(function.arguments, function.result) else {
                continue;
            };
            // With GNU's extensions, C's headers declare another function of the name.
            if !function.link_name.is_empty() {
                continue;
            }
            let name = function.name;
            // The crate `libc` has it otherwise than C's `char *const []`.
            let arguments = match name {
                "execv" | "execve" | "execvp" | "execvpe" | "fexecve" => {
                    arguments.replace("const char * const *", "char * const *")
                }
                _ => arguments,
            };
            rows.push(Row {
                name: name.to_owned(),
                what: format!("signature of {name}: {result} ({arguments})"),
                c: format!("sizeof(&{name})"),
                ours: 8,
            });
            declarations.push(Row {
                name: name.to_owned(),
                what: format!("signature of {name}: {result} ({arguments})"),
                c: format!("extern __typeof__({result}) ({name})({arguments});"),
                ours: 0,
            });
        }
        Probe { rows, declarations }
    }

    /// How many things are compared.
    pub fn len(&self) -> usize {
        self.rows.len() + self.declarations.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The C source. Its errors are in lines of a file `probe`, one line a thing.
    pub fn source(&self) -> String {
        let mut text = headers();
        text += &format!("const unsigned long {}[] = {{\n", Probe::TABLE);
        text += "#line 1 \"probe\"\n";
        for row in &self.rows {
            text += &format!("  {},\n", row.c);
        }
        text += &format!("}};\n#line {DECLARATIONS} \"probe\"\n");
        for declaration in &self.declarations {
            text += &format!("{}\n", declaration.c);
        }
        text
    }

    /// Whose line of the source it is, and what it is about.
    pub fn line(&self, number: usize) -> Option<(&str, &str)> {
        let row = match number.checked_sub(DECLARATIONS) {
            Some(index) => self.declarations.get(index),
            None => self.rows.get(number.checked_sub(1)?),
        };
        row.map(|row| (row.name.as_str(), row.what.as_str()))
    }

    /// The source without the things that stand on these lines.
    pub fn without(mut self, lines: &[usize]) -> Probe {
        let drop = |rows: &mut Vec<Row>, first: usize| {
            let mut number = first;
            rows.retain(|_| {
                number += 1;
                !lines.contains(&(number - 1))
            });
        };
        drop(&mut self.rows, 1);
        drop(&mut self.declarations, DECLARATIONS);
        self
    }

    /// What the compiled table says otherwise.
    pub fn differences(&self, table: &[u64]) -> Vec<Difference> {
        (self.rows.iter().zip(table))
            .filter(|(row, theirs)| row.ours != **theirs)
            .map(|(row, theirs)| Difference {
                name: row.name.clone(),
                what: row.what.clone(),
                ours: row.ours,
                theirs: *theirs,
            })
            .collect()
    }
}

/// Names that C has not.
const RUST_ONLY: [&str; 3] = ["Ioctl", "sighandler_t", "__rlimit_resource_t"];

/// The result and the arguments in C; none where C's own are of a kind that Rust cannot tell.
fn signature(arguments: &str, result: &str) -> Option<(String, String)> {
    let mut list = Vec::new();
    for argument in split(arguments) {
        let ty = if argument == "..." {
            "...".to_owned()
        } else {
            c_type(argument.split_once(':')?.1.trim())?
        };
        list.push(ty);
    }
    if list.is_empty() {
        list.push("void".to_owned());
    }
    let result = match result.trim() {
        "" | "!" => "void".to_owned(),
        result => c_type(result)?,
    };
    Some((result, list.join(", ")))
}

/// The arguments between commas that are in no brackets.
fn split(arguments: &str) -> Vec<String> {
    let mut list = vec![String::new()];
    let mut depth = 0;
    let mut before = ' ';
    for letter in arguments.chars() {
        match letter {
            '(' | '<' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        before = letter;
        if letter == ',' && depth == 0 {
            list.push(String::new());
        } else if let Some(last) = list.last_mut() {
            last.push(if letter == '\n' { ' ' } else { letter });
        }
    }
    (list.into_iter().map(|argument| argument.trim().to_owned()))
        .filter(|argument| !argument.is_empty())
        .collect()
}

fn c_type(rust: &str) -> Option<String> {
    let rust = rust.trim();
    if let Some(inner) = rust.strip_prefix("*mut ") {
        return Some(format!("{} *", c_type(inner)?));
    }
    if let Some(inner) = rust.strip_prefix("*const ") {
        let inner = c_type(inner)?;
        return Some(if inner.ends_with('*') {
            format!("{inner} const *")
        } else {
            format!("const {inner} *")
        });
    }
    let simple = match rust {
        "c_char" => "char",
        "c_schar" => "signed char",
        "c_uchar" => "unsigned char",
        "c_short" => "short",
        "c_ushort" | "u16" => "unsigned short",
        "c_int" | "i32" => "int",
        "c_uint" | "u32" => "unsigned",
        "c_long" => "long",
        "c_ulong" | "usize" | "Ioctl" => "unsigned long",
        "c_longlong" => "long long",
        "c_ulonglong" => "unsigned long long",
        "c_double" | "f64" => "double",
        "c_float" | "f32" => "float",
        "c_void" => "void",
        "isize" => "long",
        name if is_name(name) => {
            let tagged = layouts().find(|layout| layout.name == name);
            return Some(tagged.map_or(name, |layout| layout.c).to_owned());
        }
        // A pointer to a function: the checks of its own signature would be C's grammar.
        _ => return None,
    };
    Some(simple.to_owned())
}

fn is_name(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_translated() {
        let c = |arguments, result| signature(arguments, result).unwrap();
        assert_eq!(
            c("path: *const c_char, flags: c_int, ...", "c_int"),
            ("int".to_owned(), "const char *, int, ...".to_owned())
        );
        assert_eq!(c("", ""), ("void".to_owned(), "void".to_owned()));
        assert_eq!(
            c("t: *const *const c_char, s: *mut stat", "*mut c_void"),
            (
                "void *".to_owned(),
                "const char * const *, struct stat *".to_owned()
            )
        );
        assert_eq!(signature("f: Option<extern \"C\" fn(a, b)>", "c_int"), None);
    }

    #[test]
    fn a_different_value_is_told() {
        let probe = Probe::new();
        assert!(probe.len() > 3000, "{}", probe.len());
        let mut table: Vec<u64> = probe.rows.iter().map(|row| row.ours).collect();
        assert_eq!(probe.differences(&table), []);
        table[5] += 1;
        let differences = probe.differences(&table);
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].what, probe.rows[5].what);
    }

    #[test]
    fn a_line_names_its_thing() {
        let probe = Probe::new();
        let source = probe.source();
        let (number, line) = (source.lines().enumerate())
            .find(|(_, line)| line.contains("(EPERM)"))
            .unwrap();
        assert!(line.contains("(EPERM)"));
        let first = (source.lines())
            .position(|line| line.starts_with("#line 1 "))
            .unwrap();
        assert_eq!(probe.line(number - first), Some(("EPERM", "EPERM")));
        assert!(probe.line(DECLARATIONS).is_some());
    }
}

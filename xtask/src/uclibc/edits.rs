//! What is changed in uClibc-ng's sources: as little as can be, and each change is checked to fit.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::status::{self, Failure};

/// This file: what is changed is part of what the library is made of.
pub const TEXT: &str = include_str!("edits.rs");

/// A file of NPTL's for this processor.
macro_rules! concat_nptl {
    ($file:literal) => {
        concat!("libpthread/nptl/sysdeps/unix/sysv/linux/x86_64/", $file)
    };
}

/// Changes one text in a file, as often as it is expected there.
struct Edit {
    file: &'static str,
    from: &'static str,
    to: Cow<'static, str>,
    count: usize,
}

const fn edit(file: &'static str, count: usize, from: &'static str, to: &'static str) -> Edit {
    Edit {
        file,
        from,
        to: Cow::Borrowed(to),
        count,
    }
}

/// Assembler files that enter the kernel, how often, and by which number.
const ASSEMBLER: [(&str, usize, u32); 21] = [
    ("libc/sysdeps/linux/x86_64/getcontext.S", 1, SIGPROCMASK),
    ("libc/sysdeps/linux/x86_64/sched_getcpu.S", 1, 309),
    ("libc/sysdeps/linux/x86_64/setcontext.S", 1, SIGPROCMASK),
    ("libc/sysdeps/linux/x86_64/swapcontext.S", 1, SIGPROCMASK),
    ("libc/sysdeps/linux/x86_64/vfork.S", 1, 58),
    (concat_nptl!("cancellation.S"), 1, FUTEX),
    (concat_nptl!("lowlevellock.S"), 7, FUTEX),
    (concat_nptl!("lowlevelrobustlock.S"), 3, FUTEX),
    (concat_nptl!("pthread_barrier_wait.S"), 2, FUTEX),
    (concat_nptl!("pthread_cond_broadcast.S"), 3, FUTEX),
    (concat_nptl!("pthread_cond_signal.S"), 3, FUTEX),
    (concat_nptl!("pthread_once.S"), 3, FUTEX),
    (concat_nptl!("pthread_rwlock_rdlock.S"), 1, FUTEX),
    (concat_nptl!("pthread_rwlock_timedrdlock.S"), 1, FUTEX),
    (concat_nptl!("pthread_rwlock_timedwrlock.S"), 1, FUTEX),
    (concat_nptl!("pthread_rwlock_unlock.S"), 1, FUTEX),
    (concat_nptl!("pthread_rwlock_wrlock.S"), 1, FUTEX),
    (concat_nptl!("sem_post.S"), 1, FUTEX),
    (concat_nptl!("sem_timedwait.S"), 2, FUTEX),
    (concat_nptl!("sem_wait.S"), 1, FUTEX),
    // The number is in a register: any call.
    ("libc/sysdeps/linux/x86_64/syscall.S", 1, ANY),
];

/// Linux's numbers of system calls.
const FUTEX: u32 = 202;
const SIGPROCMASK: u32 = 14;
const ANY: u32 = u32::MAX;

/// What is called in place of the kernel: each system call has a function of its own in the
/// backend, so that a program holds those that it can make.
fn function(number: u32) -> String {
    match number {
        ANY => "__l4re_syscall".to_owned(),
        number => format!("__l4re_call_{number}"),
    }
}

/// The assembler files that call Linux's `gettimeofday` at its fixed address, and how often.
const CLOCK: [(&str, usize); 5] = [
    (concat_nptl!("lowlevellock.S"), 2),
    (concat_nptl!("lowlevelrobustlock.S"), 1),
    (concat_nptl!("pthread_rwlock_timedrdlock.S"), 1),
    (concat_nptl!("pthread_rwlock_timedwrlock.S"), 1),
    (concat_nptl!("sem_timedwait.S"), 1),
];

/// C files with inline assembler, how often each enters the kernel, and by which number.
const INLINE: [(&str, usize, u32); 4] = [
    ("libc/sysdeps/linux/x86_64/brk.c", 1, 12),
    ("libpthread/nptl/sysdeps/x86_64/pthreaddef.h", 1, 60),
    ("libpthread/nptl/sysdeps/x86_64/tls.h", 1, 158),
    (concat_nptl!("lowlevellock.h"), 5, FUTEX),
];

const OTHERS: [Edit; 18] = [
    // The macro of most calls. Where the number is no constant, it is one of `setuid` and its
    // kin, of which there is none.
    edit(
        SYSCALLS,
        1,
        "\"syscall\\n\\t\"",
        "\"call __l4re_call_%c[number]\\n\\t\"",
    ),
    edit(
        SYSCALLS,
        1,
        "\"0\" (name) ASM_ARGS_##nr :",
        "\"0\" (name) ASM_ARGS_##nr, [number] \"i\" (__builtin_constant_p (name) ? (name) : __NR_setuid) :",
    ),
    edit(
        CLONE,
        1,
        "%eax\n\n\tsyscall",
        "%eax\n\n\tcall\t__l4re_call_56",
    ),
    edit(CLONE, 1, "%eax\n\tsyscall", "%eax\n\tcall\t__l4re_call_60"),
    // The standard descriptors are there from the start: none has to be opened in their place.
    edit(
        "libc/misc/internals/__uClibc_main.c",
        3,
        "\t__check_one_fd (STD",
        "\t(void) (STD",
    ),
    // The processors are those of the scheduler; there is no `/proc` to ask.
    edit(
        SYSCONF,
        1,
        "static int nprocessors_onln(void)\n",
        concat!(
            "#include <sys/syscall.h>\n",
            "static int nprocessors_onln(void)\n{\n",
            "\tunsigned long set[16];\n\tint ret = 0;\n",
            "\tlong size = INLINE_SYSCALL(sched_getaffinity, 3, 0, sizeof(set), set);\n",
            "\tfor (long bit = 0; bit < 8 * size; bit++)\n",
            "\t\tret += set[bit / 64] >> bit % 64 & 1;\n",
            "\treturn ret != 0 ? ret : 1;\n}\n\n",
            "static int __attribute__((unused)) nprocessors_onln_of_proc(void)\n",
        ),
    ),
    edit(
        SYSCONF,
        1,
        "RETURN_FUNCTION(nprocessors_conf());",
        "RETURN_FUNCTION(nprocessors_onln());",
    ),
    // The functions of this header are there: they tell that there are no shared libraries.
    edit("Makefile.in", 1, " dlfcn.h bits/dlfcn.h", ""),
    // Where a signal's handler returns to; it is never reached.
    edit(
        "libc/sysdeps/linux/x86_64/sigaction.c",
        1,
        "\tsyscall\\n",
        "\tud2\\n",
    ),
    // L4Re's size, so that programs built for either fit both.
    edit(
        concat_nptl!("bits/pthreadtypes.h"),
        1,
        "__SIZEOF_PTHREAD_ATTR_T 56",
        "__SIZEOF_PTHREAD_ATTR_T 80",
    ),
    // The first thread's data keep an alignment above the control block's; the image's own may
    // start between two multiples of it.
    edit(
        TLS,
        1,
        "roundup (memsz + GL(dl_tls_static_size), tcbalign)",
        "roundup (memsz + GL(dl_tls_static_size), max_align)",
    ),
    edit(
        TLS,
        1,
        "memsz = phdr->p_memsz;",
        "memsz = phdr->p_memsz + (phdr->p_vaddr & (phdr->p_align - 1));",
    ),
    edit(
        TLS,
        1,
        "filesz = phdr->p_filesz;",
        "filesz = phdr->p_filesz + (phdr->p_vaddr & (phdr->p_align - 1));",
    ),
    edit(
        TLS,
        1,
        "initimage = (void *) phdr->p_vaddr;",
        "initimage = (void *) (phdr->p_vaddr & -phdr->p_align);",
    ),
    // The heap's lock is the one that stdio has: as recursive, but inline, and without atomic
    // operations while there is one thread.
    edit(
        MALLOC,
        1,
        "__UCLIBC_MUTEX_INIT(__malloc_lock, PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP)",
        "__UCLIBC_IO_MUTEX_INIT(__malloc_lock)",
    ),
    edit(
        "libc/stdlib/malloc-standard/malloc.h",
        3,
        "__UCLIBC_MUTEX_",
        "__UCLIBC_IO_MUTEX_",
    ),
    // Sizes of 4 GiB and more are sorted by all their bits: else the heap believes that a smaller
    // free piece holds them, and writes behind it.
    edit(
        MALLOC,
        2,
        "__malloc_largebin_index(unsigned int sz)",
        "__malloc_largebin_index(unsigned long sz)",
    ),
    edit(
        MALLOC,
        1,
        "    unsigned int  x = sz >> SMALLBIN_WIDTH;",
        "    unsigned int x = sz >> SMALLBIN_WIDTH < 0x10000 ? sz >> SMALLBIN_WIDTH : 0x10000;",
    ),
];

const MALLOC: &str = "libc/stdlib/malloc-standard/malloc.c";
const SYSCALLS: &str = "libc/sysdeps/linux/x86_64/bits/syscalls.h";
const CLONE: &str = "libc/sysdeps/linux/x86_64/clone.S";
const SYSCONF: &str = "libc/unistd/sysconf.c";
/// Where the first thread's thread-local data are set up.
const TLS: &str = "libpthread/nptl/sysdeps/generic/libc-tls.c";

/// Makes the changes in the sources in `dir`.
pub fn apply(dir: &Path) -> Result<()> {
    let assembler = ASSEMBLER.map(|(file, count, number)| {
        let call = format!("\n\tcall\t{}", function(number));
        Edit {
            to: call.into(),
            ..edit(file, count, "\n\tsyscall", "")
        }
    });
    let clock = CLOCK.map(|(file, count)| {
        let (from, to) = ("$VSYSCALL_ADDR_vgettimeofday", "$__l4re_gettimeofday");
        edit(file, count, from, to)
    });
    let inline = INLINE.map(|(file, count, number)| {
        let call = format!("\"call {}", function(number));
        Edit {
            to: call.into(),
            ..edit(file, count, "\"syscall", "")
        }
    });
    (assembler.iter())
        .chain(&clock)
        .chain(&inline)
        .chain(&OTHERS)
        .try_for_each(|edit| edit.apply(dir))
}

impl Edit {
    fn apply(&self, dir: &Path) -> Result<()> {
        let file = dir.join(self.file);
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        // A label starts at the line's beginning, and so does not count.
        let found = text.matches(self.from).count();
        if found != self.count {
            return Err(Failure::error(
                status::BUILD,
                format!(
                    "{} holds {:?} {found} times, {} are due: this uClibc-ng is another than the one that the changes were made for",
                    file.display(),
                    self.from,
                    self.count
                ),
            ));
        }
        fs::write(&file, text.replace(self.from, &self.to))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_there_as_often_as_it_should_stops_the_build() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("a.S"),
            "x:\n\tsyscall\nsyscall:\n\tsyscall\t/* */\n",
        )
        .unwrap();
        let edit = |count| edit("a.S", count, "\n\tsyscall", "\n\tcall\tf");
        let error = edit(1).apply(dir.path()).unwrap_err();
        assert_eq!(status::of(&error), status::BUILD);
        assert!(error.to_string().contains("2 times, 1 are due"), "{error}");
        edit(2).apply(dir.path()).unwrap();
        let text = fs::read_to_string(dir.path().join("a.S")).unwrap();
        assert_eq!(text, "x:\n\tcall\tf\nsyscall:\n\tcall\tf\t/* */\n");
    }
}

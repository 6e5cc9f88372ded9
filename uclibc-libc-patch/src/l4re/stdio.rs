//! `stdio.h`.

use super::*;

structs! {
    "fpos64_t" pub struct fpos64_t {
        __pos: off64_t,
        __mbstate: mbstate_t,
        __mblen_pending: c_int,
    }

    "fpos_t" pub struct fpos_t {
        __pos: off_t,
        __mbstate: mbstate_t,
        __mblen_pending: c_int,
    }
}

constants! {
    c_int {
        SEEK_SET = 0;
        _IOFBF = 0;
        SEEK_CUR = 1;
        _IOLBF = 1;
        SEEK_END = 2;
        _IONBF = 2;
        SEEK_DATA = 3;
        SEEK_HOLE = 4;
        FOPEN_MAX = 16;
        BUFSIZ = 256;
        IOV_MAX = 1024;
    }
    c_uint {
        L_tmpnam = 20;
        FILENAME_MAX = 4095;
        TMP_MAX = 0x3a2f8;
    }
}

functions! {
    fn asprintf(ptr: *mut *mut c_char, fmt: *const c_char, ...) -> c_int;
    fn clearerr(stream: *mut FILE);
    fn ctermid(s: *mut c_char) -> *mut c_char;
    fn dprintf(fd: c_int, fmt: *const c_char, ...) -> c_int;
    fn fclose(stream: *mut FILE) -> c_int;
    fn fdopen(fd: c_int, modes: *const c_char) -> *mut FILE;
    fn feof(stream: *mut FILE) -> c_int;
    fn ferror(stream: *mut FILE) -> c_int;
    fn fflush(stream: *mut FILE) -> c_int;
    fn fgetc(stream: *mut FILE) -> c_int;
    fn fgetpos(stream: *mut FILE, pos: *mut fpos_t) -> c_int;
    fn fgetpos64(stream: *mut FILE, pos: *mut fpos64_t) -> c_int;
    fn fgets(s: *mut c_char, n: c_int, stream: *mut FILE) -> *mut c_char;
    fn fileno(stream: *mut FILE) -> c_int;
    fn flockfile(stream: *mut FILE);
    fn fopen(filename: *const c_char, modes: *const c_char) -> *mut FILE;
    fn fopen64(filename: *const c_char, modes: *const c_char) -> *mut FILE;
    fn fprintf(stream: *mut FILE, format: *const c_char, ...) -> c_int;
    fn fputc(c: c_int, stream: *mut FILE) -> c_int;
    fn fputs(s: *const c_char, stream: *mut FILE) -> c_int;
    fn fread(ptr: *mut c_void, size: size_t, n: size_t, stream: *mut FILE) -> size_t;
    fn fread_unlocked(ptr: *mut c_void, size: size_t, n: size_t, stream: *mut FILE) -> size_t;
    fn freopen(filename: *const c_char, modes: *const c_char, stream: *mut FILE) -> *mut FILE;
    fn freopen64(filename: *const c_char, modes: *const c_char, stream: *mut FILE) -> *mut FILE;
    fn fscanf(stream: *mut FILE, format: *const c_char, ...) -> c_int;
    fn fseek(stream: *mut FILE, off: c_long, whence: c_int) -> c_int;
    fn fseeko(stream: *mut FILE, off: off_t, whence: c_int) -> c_int;
    fn fseeko64(stream: *mut FILE, off: off64_t, whence: c_int) -> c_int;
    fn fsetpos(stream: *mut FILE, pos: *const fpos_t) -> c_int;
    fn fsetpos64(stream: *mut FILE, pos: *const fpos64_t) -> c_int;
    fn ftell(stream: *mut FILE) -> c_long;
    fn ftello(stream: *mut FILE) -> off_t;
    fn ftello64(stream: *mut FILE) -> off64_t;
    fn ftrylockfile(stream: *mut FILE) -> c_int;
    fn funlockfile(stream: *mut FILE);
    fn fwrite(ptr: *const c_void, size: size_t, n: size_t, s: *mut FILE) -> size_t;
    fn getc(stream: *mut FILE) -> c_int;
    fn getchar() -> c_int;
    fn getchar_unlocked() -> c_int;
    fn getdelim(
        lineptr: *mut *mut c_char,
        n: *mut usize,
        delimiter: c_int,
        stream: *mut FILE,
    ) -> ssize_t;
    fn getline(lineptr: *mut *mut c_char, n: *mut usize, stream: *mut FILE) -> ssize_t;
    fn pclose(stream: *mut FILE) -> c_int;
    fn perror(s: *const c_char);
    fn popen(command: *const c_char, modes: *const c_char) -> *mut FILE;
    fn printf(format: *const c_char, ...) -> c_int;
    fn putc(c: c_int, stream: *mut FILE) -> c_int;
    fn putchar(c: c_int) -> c_int;
    fn putchar_unlocked(c: c_int) -> c_int;
    fn puts(s: *const c_char) -> c_int;
    fn remove(filename: *const c_char) -> c_int;
    fn rename(old: *const c_char, new: *const c_char) -> c_int;
    fn renameat(oldfd: c_int, old: *const c_char, newfd: c_int, new: *const c_char) -> c_int;
    fn rewind(stream: *mut FILE);
    fn scanf(format: *const c_char, ...) -> c_int;
    fn setbuf(stream: *mut FILE, buf: *mut c_char);
    fn setvbuf(stream: *mut FILE, buf: *mut c_char, modes: c_int, n: size_t) -> c_int;
    fn snprintf(s: *mut c_char, maxlen: size_t, format: *const c_char, ...) -> c_int;
    fn sprintf(s: *mut c_char, format: *const c_char, ...) -> c_int;
    fn sscanf(s: *const c_char, format: *const c_char, ...) -> c_int;
    fn tmpfile() -> *mut FILE;
    fn tmpfile64() -> *mut FILE;
    fn tmpnam(s: *mut c_char) -> *mut c_char;
    fn ungetc(c: c_int, stream: *mut FILE) -> c_int;
}

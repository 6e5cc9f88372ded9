/* Files of the name spaces, devices, descriptors. */

#define _GNU_SOURCE
#include "cases.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The program's own ELF file. */
#define SELF "rom/libc"

static int own_image_reads(void)
{
    char head[64], again[64], first[4], second[60];
    struct iovec pieces[2] = {{first, 4}, {second, 60}};
    int fd = open(SELF, O_RDONLY);

    CHECK(fd >= 3);
    CHECK(read(fd, head, 64) == 64 && memcmp(head, "\177ELF", 4) == 0);
    CHECK(lseek(fd, 0, SEEK_CUR) == 64);
    CHECK(pread(fd, again, 64, 0) == 64 && memcmp(head, again, 64) == 0);
    CHECK(lseek(fd, 0, SEEK_SET) == 0 && readv(fd, pieces, 2) == 64);
    CHECK(memcmp(first, head, 4) == 0 && memcmp(second, head + 4, 60) == 0);
    CHECK(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
    CHECK(lseek(fd, 10, SEEK_END) > 10 && read(fd, head, 1) == 0);
    CHECK(write(fd, head, 1) == -1 && errno == EBADF);
    CHECK(close(fd) == 0 && close(fd) == -1 && errno == EBADF);
    return 0;
}

static int stat_agrees(void)
{
    struct stat by_path, by_fd, dir;
    int fd = open("/" SELF, O_RDONLY);

    CHECK(fd >= 0 && stat(SELF, &by_path) == 0 && fstat(fd, &by_fd) == 0);
    CHECK(S_ISREG(by_path.st_mode) && S_ISREG(by_fd.st_mode));
    CHECK(by_path.st_size == by_fd.st_size && by_path.st_size == lseek(fd, 0, SEEK_END));
    CHECK(close(fd) == 0);
    CHECK(stat("rom", &dir) == 0 && S_ISDIR(dir.st_mode));
    CHECK(stat("/", &dir) == 0 && S_ISDIR(dir.st_mode));
    CHECK(stat("/dev/null", &dir) == 0 && S_ISCHR(dir.st_mode));
    CHECK(stat("rom/there-is-none", &dir) == -1 && errno == ENOENT);
    CHECK(stat("nowhere/x", &dir) == -1 && errno == ENOENT);
    CHECK(stat("", &dir) == -1 && errno == ENOENT);
    CHECK(stat(SELF "/", &dir) == -1);
    return 0;
}

static int access_tells(void)
{
    CHECK(access(SELF, R_OK) == 0 && access(SELF, F_OK) == 0);
    CHECK(access(SELF, W_OK) == -1 && errno == EROFS);
    CHECK(access("rom/there-is-none", F_OK) == -1 && errno == ENOENT);
    CHECK(open(SELF, O_RDWR) == -1 && errno == EROFS);
    CHECK(open("rom/new", O_WRONLY | O_CREAT, 0644) == -1 && errno == EROFS);
    CHECK(unlink(SELF) == -1 && errno == EROFS);
    CHECK(unlink("rom/there-is-none") == -1 && errno == ENOENT);
    CHECK(mkdir("rom/new", 0755) == -1 && errno == EROFS);
    CHECK(open(SELF, O_RDONLY | O_DIRECTORY) == -1 && errno == ENOTDIR);
    /* What is there already is not opened to be made. */
    CHECK(fopen(SELF, "wx") == NULL && errno == EEXIST);
    CHECK(fopen("/dev/null", "w+bx") == NULL && errno == EEXIST);
    return 0;
}

static int buffered_reading(void)
{
    FILE *file = fopen(SELF, "rb");
    struct stat stat;
    long count = 0;

    CHECK(file && fstat(fileno(file), &stat) == 0);
    while (count < 20000 && getc(file) != EOF)
        count++;
    CHECK(count == 20000 && ftell(file) == 20000);
    CHECK(fseek(file, 0, SEEK_END) == 0 && ftell(file) == stat.st_size && getc(file) == EOF);
    CHECK(fclose(file) == 0);
    return 0;
}

static int a_file_can_be_mapped(void)
{
    int fd = open(SELF, O_RDONLY);
    char page[4096], *mapped;

    CHECK(fd >= 0 && pread(fd, page, sizeof page, 4096) == sizeof page);
    mapped = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(mapped != MAP_FAILED && memcmp(mapped + 4096, page, sizeof page) == 0);
    mapped[0] = 'x';
    CHECK(pread(fd, page, 1, 0) == 1 && page[0] == 0x7f);
    CHECK(munmap(mapped, 8192) == 0 && close(fd) == 0);
    return 0;
}

static int working_directory(void)
{
    char path[64];

    CHECK(getcwd(path, sizeof path) && strcmp(path, "/") == 0);
    CHECK(chdir("rom") == 0 && getcwd(path, sizeof path) && strcmp(path, "/rom") == 0);
    CHECK(access("libc", R_OK) == 0 && access("../rom/./libc", R_OK) == 0);
    CHECK(getcwd(path, 3) == NULL && errno == ERANGE);
    CHECK(chdir("libc") == -1 && errno == ENOTDIR);
    CHECK(chdir("/") == 0);
    return 0;
}

/* Whether a directory has an entry. */
static int has_entry(const char *path, const char *name)
{
    DIR *dir = opendir(path);
    int found = 0;

    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        found |= strcmp(entry->d_name, name) == 0;
    closedir(dir);
    return found;
}

static int directories_are_listed(void)
{
    CHECK(has_entry("/", "rom") && has_entry("/", "dev") && has_entry("/", ".."));
    CHECK(has_entry("rom", "libc") && !has_entry("rom", "there-is-none"));
    CHECK(has_entry("/dev", "urandom"));
    CHECK(opendir(SELF) == NULL && errno == ENOTDIR);
    return 0;
}

static int descriptors_are_duplicated(void)
{
    int fd = open(SELF, O_RDONLY | O_CLOEXEC), other;
    char byte;

    CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    CHECK((other = dup(fd)) >= 0 && fcntl(other, F_GETFD) == 0);
    CHECK(read(fd, &byte, 1) == 1 && lseek(other, 0, SEEK_CUR) == 1);
    CHECK(dup2(fd, 20) == 20 && dup2(fd, fd) == fd && close(fd) == 0);
    CHECK(read(20, &byte, 1) == 1 && byte == 'E');
    CHECK(fcntl(20, F_DUPFD, 30) == 30 && close(20) == 0 && close(30) == 0 && close(other) == 0);
    CHECK(dup(99) == -1 && errno == EBADF);
    CHECK(isatty(1) == 1);
    return 0;
}

static int devices(void)
{
    unsigned char a[64], b[64], zeros[64] = {0};
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY);
    int random = open("/dev/urandom", O_RDONLY);

    CHECK(null >= 0 && zero >= 0 && random >= 0);
    CHECK(read(null, a, 64) == 0 && write(null, a, 64) == 64);
    CHECK(read(zero, a, 64) == 64 && memcmp(a, zeros, 64) == 0);
    CHECK(read(random, a, 64) == 64 && read(random, b, 64) == 64);
    CHECK(memcmp(a, b, 64) != 0 && memcmp(a, zeros, 64) != 0);
    CHECK(lseek(null, 0, SEEK_SET) == 0);
    CHECK(close(null) == 0 && close(zero) == 0 && close(random) == 0);
    return 0;
}

static int pipes_carry_bytes(void)
{
    static char block[70000], back[70000];
    int ends[2], more[2];
    struct pollfd entry;
    struct stat about;

    CHECK(pipe(ends) == 0 && fstat(ends[0], &about) == 0 && S_ISFIFO(about.st_mode));
    CHECK(write(ends[1], "abc", 3) == 3 && read(ends[0], back, 2) == 2);
    CHECK(memcmp(back, "ab", 2) == 0 && read(ends[0], back, 9) == 1 && back[0] == 'c');
    CHECK(read(ends[1], back, 1) == -1 && errno == EBADF);
    CHECK(write(ends[0], back, 1) == -1 && errno == EBADF);
    CHECK(lseek(ends[0], 0, SEEK_CUR) == -1 && errno == ESPIPE);
    CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    CHECK(read(ends[0], back, 1) == -1 && errno == EAGAIN);
    /* What fits, and a small block as a whole or not at all. */
    memset(block, 7, sizeof block);
    CHECK(write(ends[1], block, sizeof block) == 65536);
    CHECK(write(ends[1], block, 1) == -1 && errno == EAGAIN);
    CHECK(read(ends[0], back, 100) == 100 && write(ends[1], block, 200) == -1 && errno == EAGAIN);
    CHECK(write(ends[1], block, 100) == 100);
    entry = (struct pollfd){ends[1], POLLOUT, 0};
    CHECK(poll(&entry, 1, 10) == 0);
    CHECK(read(ends[0], back, sizeof back) == 65536 && memcmp(back, block, 65536) == 0);
    CHECK(poll(&entry, 1, -1) == 1 && entry.revents == POLLOUT);
    /* The ends of ends. */
    CHECK(dup2(ends[1], 20) == 20 && close(ends[1]) == 0);
    CHECK(read(ends[0], back, 1) == -1 && errno == EAGAIN);
    CHECK(write(20, "z", 1) == 1 && close(20) == 0);
    entry = (struct pollfd){ends[0], POLLIN, 0};
    CHECK(poll(&entry, 1, -1) == 1 && entry.revents == (POLLIN | POLLHUP));
    CHECK(read(ends[0], back, 9) == 1 && read(ends[0], back, 9) == 0);
    CHECK(poll(&entry, 1, -1) == 1 && entry.revents == POLLHUP && close(ends[0]) == 0);
    CHECK(pipe2(ends, O_CLOEXEC) == 0 && fcntl(ends[0], F_GETFD) == FD_CLOEXEC);
    CHECK(close(ends[0]) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE && close(ends[1]) == 0);
    CHECK(pipe2(ends, O_APPEND) == -1 && errno == EINVAL);

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, more) == 0);
    CHECK(send(more[0], "to", 2, MSG_NOSIGNAL) == 2 && write(more[1], "fro", 3) == 3);
    CHECK(recv(more[1], back, 9, 0) == 2 && read(more[0], back, 9) == 3);
    CHECK(recv(more[1], back, 9, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    CHECK(shutdown(more[0], SHUT_WR) == 0 && read(more[1], back, 9) == 0);
    CHECK(write(more[0], "x", 1) == -1 && errno == EPIPE && write(more[1], "x", 1) == 1);
    CHECK(close(more[1]) == 0 && read(more[0], back, 9) == 1 && read(more[0], back, 9) == 0);
    CHECK(close(more[0]) == 0 && signal(SIGPIPE, SIG_DFL) == SIG_IGN);
    CHECK(socketpair(AF_INET, SOCK_STREAM, 0, more) == -1 && errno == EAFNOSUPPORT);
    return 0;
}

static void *writes_later(void *end)
{
    usleep(20000);
    return (void *)(long)write(*(int *)end, "late", 4);
}

static int waits_for_pipes_end(void)
{
    int ends[2];
    char back[8];
    pthread_t thread;
    void *written;
    fd_set set;
    struct timeval soon = {0, 20000};
    struct pollfd entry;

    CHECK(pipe(ends) == 0);
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    CHECK(select(ends[0] + 1, &set, NULL, NULL, &soon) == 0 && !FD_ISSET(ends[0], &set));
    CHECK(pthread_create(&thread, NULL, writes_later, &ends[1]) == 0);
    CHECK(read(ends[0], back, 8) == 4 && memcmp(back, "late", 4) == 0);
    CHECK(pthread_join(thread, &written) == 0 && written == (void *)4);
    CHECK(pthread_create(&thread, NULL, writes_later, &ends[1]) == 0);
    entry = (struct pollfd){ends[0], POLLIN, 0};
    CHECK(poll(&entry, 1, 10000) == 1 && entry.revents == POLLIN);
    entry.events = POLLRDNORM;
    CHECK(poll(&entry, 1, 10000) == 1 && entry.revents == POLLRDNORM);
    CHECK(read(ends[0], back, 8) == 4 && pthread_join(thread, NULL) == 0);
    CHECK(pthread_create(&thread, NULL, writes_later, &ends[1]) == 0);
    FD_SET(ends[0], &set);
    FD_SET(ends[1], &set);
    soon.tv_sec = 10;
    CHECK(select(ends[1] + 1, &set, NULL, NULL, &soon) == 1);
    CHECK(FD_ISSET(ends[0], &set) && !FD_ISSET(ends[1], &set));
    CHECK(pthread_join(thread, NULL) == 0 && close(ends[0]) == 0 && close(ends[1]) == 0);
    return 0;
}

static int what_is_not_there_says_so(void)
{
    struct pollfd entry = {1, POLLOUT, 0};

    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLOUT);
    entry.events = POLLWRNORM;
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLWRNORM);
    entry.fd = 99;
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLNVAL);
    CHECK(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EAFNOSUPPORT);
    CHECK(listen(1, 1) == -1 && errno == ENOTSOCK);
    CHECK(fork() == -1 && errno == ENOSYS);
    return 0;
}

static const struct test tests[] = {
    {"file/own image reads", own_image_reads},
    {"file/stat agrees", stat_agrees},
    {"file/access tells", access_tells},
    {"file/buffered reading", buffered_reading},
    {"file/a file can be mapped", a_file_can_be_mapped},
    {"file/working directory", working_directory},
    {"file/directories are listed", directories_are_listed},
    {"file/descriptors are duplicated", descriptors_are_duplicated},
    {"file/devices", devices},
    {"file/pipes carry bytes", pipes_carry_bytes},
    {"file/waits for pipes end", waits_for_pipes_end},
    {"file/what is not there says so", what_is_not_there_says_so},
    {0},
};

const struct group file_group = {"file.c", tests};

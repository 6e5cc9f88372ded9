/* Families of calls and what POSIX, or Linux where it says more, has them do. */

#define _GNU_SOURCE
#include "cases.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SELF "rom/libc"
#define PAGE 4096

static volatile sig_atomic_t got[65];
static volatile sig_atomic_t blocked_inside;

static void note(int signal)
{
    sigset_t set;

    got[signal]++;
    sigprocmask(SIG_SETMASK, NULL, &set);
    blocked_inside = sigismember(&set, signal);
}

static void block(int how, int signal)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(how, &set, NULL);
}

static void handle_by_note(int signal)
{
    struct sigaction action = {.sa_handler = note};

    sigaction(signal, &action, NULL);
    got[signal] = 0;
}

static int is_pending(int signal)
{
    sigset_t set;

    return sigpending(&set) == 0 && sigismember(&set, signal);
}

/* raise, kill, pthread_kill; sigprocmask, sigpending, sigsuspend. */
static int blocked_signals_are_pending(void)
{
    sigset_t none;

    handle_by_note(SIGUSR1);
    block(SIG_BLOCK, SIGUSR1);
    CHECK(!is_pending(SIGUSR1));
    CHECK(raise(SIGUSR1) == 0 && got[SIGUSR1] == 0 && is_pending(SIGUSR1));
    block(SIG_UNBLOCK, SIGUSR1);
    CHECK(got[SIGUSR1] == 1 && !is_pending(SIGUSR1));
    block(SIG_BLOCK, SIGUSR1);
    CHECK(kill(getpid(), SIGUSR1) == 0 && got[SIGUSR1] == 1 && is_pending(SIGUSR1));
    block(SIG_UNBLOCK, SIGUSR1);
    CHECK(got[SIGUSR1] == 2);
    block(SIG_BLOCK, SIGUSR1);
    CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0 && got[SIGUSR1] == 2);
    sigemptyset(&none);
    errno = 0;
    CHECK(sigsuspend(&none) == -1 && errno == EINTR && got[SIGUSR1] == 3);
    /* The mask is back. */
    CHECK(raise(SIGUSR1) == 0 && got[SIGUSR1] == 3);
    block(SIG_UNBLOCK, SIGUSR1);
    CHECK(got[SIGUSR1] == 4);
    return 0;
}

/* ppoll, pselect: their mask holds while they wait. */
static int waits_take_a_mask(void)
{
    struct timespec second = {1, 0};
    sigset_t none;

    sigemptyset(&none);
    handle_by_note(SIGUSR1);
    block(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    CHECK(ppoll(NULL, 0, &second, &none) == -1 && errno == EINTR && got[SIGUSR1] == 1);
    raise(SIGUSR1);
    CHECK(pselect(0, NULL, NULL, NULL, &second, &none) == -1 && errno == EINTR);
    CHECK(got[SIGUSR1] == 2);
    raise(SIGUSR1);
    CHECK(got[SIGUSR1] == 2);
    block(SIG_UNBLOCK, SIGUSR1);
    CHECK(got[SIGUSR1] == 3);
    return 0;
}

/* sigtimedwait, sigwait. */
static int pending_signals_can_be_taken(void)
{
    struct timespec soon = {0, 2000000};
    siginfo_t info;
    sigset_t set;
    int signal = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    handle_by_note(SIGUSR2);
    block(SIG_BLOCK, SIGUSR2);
    CHECK(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN);
    raise(SIGUSR2);
    CHECK(sigtimedwait(&set, &info, &soon) == SIGUSR2 && info.si_signo == SIGUSR2);
    raise(SIGUSR2);
    CHECK(sigwait(&set, &signal) == 0 && signal == SIGUSR2);
    block(SIG_UNBLOCK, SIGUSR2);
    CHECK(got[SIGUSR2] == 0);
    return 0;
}

/* SIGKILL and SIGSTOP cannot be blocked; a handler's own signal is, while it runs. */
static int masks_are_as_asked_for(void)
{
    sigset_t set;

    sigfillset(&set);
    CHECK(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
    CHECK(sigprocmask(SIG_SETMASK, NULL, &set) == 0);
    CHECK(!sigismember(&set, SIGKILL) && !sigismember(&set, SIGSTOP) && sigismember(&set, SIGINT));
    sigemptyset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    handle_by_note(SIGUSR1);
    CHECK(raise(SIGUSR1) == 0 && got[SIGUSR1] == 1 && blocked_inside);
    sigprocmask(SIG_SETMASK, NULL, &set);
    CHECK(!sigismember(&set, SIGUSR1));
    return 0;
}

static void *mask_of_thread(void *arg)
{
    sigset_t set;

    (void)arg;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    return (void *)(long)sigismember(&set, SIGUSR1);
}

static int threads_inherit_the_mask(void)
{
    pthread_t thread;
    void *result;

    block(SIG_BLOCK, SIGUSR1);
    CHECK(pthread_create(&thread, NULL, mask_of_thread, NULL) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == (void *)1);
    block(SIG_UNBLOCK, SIGUSR1);
    return 0;
}

static void *burn(void *arg)
{
    struct timespec now, start;

    (void)arg;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < 20000000);
    return NULL;
}

static long cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* clock_gettime, times, getrusage, clock: time of threads that have ended is kept. */
static int processor_time_never_shrinks(void)
{
    pthread_t thread;
    struct rusage usage;
    struct tms ticks;
    long before, with_it, after;

    before = cpu_us();
    CHECK(pthread_create(&thread, NULL, burn, NULL) == 0 && pthread_join(thread, NULL) == 0);
    with_it = cpu_us();
    CHECK(with_it - before >= 20000);
    /* The next threads clear it away. */
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&thread, NULL, mask_of_thread, NULL) == 0 &&
              pthread_join(thread, NULL) == 0);
    after = cpu_us();
    CHECK(after >= with_it);
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    CHECK(usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec >= with_it);
    CHECK(times(&ticks) != -1 && ticks.tms_utime * 10000 + 10000 >= with_it);
    CHECK(clock() + 10000 >= with_it);
    return 0;
}

/* MADV_DONTNEED: the content is that of a fresh mapping; other advice changes nothing. */
static int memory_that_is_not_needed_is_as_new(void)
{
    char *memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open(SELF, O_RDONLY);
    char *file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    CHECK(memory != MAP_FAILED && fd >= 0 && file != MAP_FAILED);
    memset(memory, 7, 3 * PAGE);
    CHECK(madvise(memory, 3 * PAGE, MADV_WILLNEED) == 0 && memory[0] == 7);
    CHECK(madvise(memory + PAGE, PAGE, MADV_DONTNEED) == 0);
    CHECK(memory[PAGE - 1] == 7 && memory[PAGE] == 0 && memory[2 * PAGE - 1] == 0);
    CHECK(memory[2 * PAGE] == 7);
    memset(file, 7, PAGE);
    CHECK(madvise(file, PAGE, MADV_DONTNEED) == 0 && memcmp(file, "\177ELF", 4) == 0);
    CHECK(madvise(memory + 1, PAGE, MADV_DONTNEED) == -1 && errno == EINVAL);
    CHECK(madvise(memory, PAGE, 12345) == -1 && errno == EINVAL);
    CHECK(munmap(memory + PAGE, PAGE) == 0);
    CHECK(madvise(memory, 3 * PAGE, MADV_DONTNEED) == -1 && errno == ENOMEM);
    CHECK(munmap(memory, 3 * PAGE) == 0 && munmap(file, PAGE) == 0 && close(fd) == 0);
    return 0;
}

/* mmap: what a descriptor, or the place, does not allow. */
static int mappings_are_refused_for_a_reason(void)
{
    char *memory = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int only_write = open("/dev/zero", O_WRONLY), zero = open("/dev/zero", O_RDWR);
    int null = open("/dev/null", O_RDWR), dir = open("rom", O_RDONLY);
    const int fixed = MAP_PRIVATE | MAP_ANONYMOUS | 0x100000; /* MAP_FIXED_NOREPLACE */
    char *text = (char *)((unsigned long)note & -PAGE), *zeros;

    CHECK(memory != MAP_FAILED && only_write >= 0 && zero >= 0 && null >= 0 && dir >= 0);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, only_write, 0) == MAP_FAILED && errno == EACCES);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, null, 0) == MAP_FAILED && errno == ENODEV);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0) == MAP_FAILED && errno == ENODEV);
    CHECK((zeros = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, zero, 0)) != MAP_FAILED && !*zeros);
    CHECK(mmap(memory, PAGE, PROT_READ, fixed, -1, 0) == MAP_FAILED && errno == EEXIST);
    CHECK(mmap(text, PAGE, PROT_READ, fixed, -1, 0) == MAP_FAILED && errno == EEXIST);
    CHECK(mmap(NULL, 1UL << 50, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    CHECK(errno == ENOMEM);
    CHECK(munmap(memory, PAGE) == 0 && munmap(zeros, PAGE) == 0);
    CHECK(close(only_write) == 0 && close(zero) == 0 && close(null) == 0 && close(dir) == 0);
    return 0;
}

/* mprotect: what the region map refuses leaves the mapping as it was. */
static int a_refused_protection_changes_nothing(void)
{
    char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(memory != MAP_FAILED);
    memset(memory, 7, 2 * PAGE);
    CHECK(mprotect(memory, PAGE, PROT_NONE) == 0 && memory[PAGE] == 7);
    CHECK(mprotect(memory, 2 * PAGE, PROT_READ) == 0 && memory[0] == 7 && memory[PAGE] == 7);
    CHECK(munmap(memory, 2 * PAGE) == 0);
    return 0;
}

/* poll, select, readv, writev: counts are checked before memory is touched. */
static int counts_come_first(void)
{
    struct pollfd *nowhere = (struct pollfd *)8;
    struct iovec pieces[2] = {{"a", 1}, {"b", ~0UL >> 1}};
    struct timeval never = {-1, 0}, now = {0, 0};
    fd_set set;

    CHECK(poll(nowhere, 100000, 0) == -1 && errno == EINVAL);
    CHECK(select(100000, (fd_set *)8, NULL, NULL, &now) == -1 && errno == EINVAL);
    CHECK(select(-1, (fd_set *)8, NULL, NULL, &now) == -1 && errno == EINVAL);
    FD_ZERO(&set);
    CHECK(select(0, &set, NULL, NULL, &never) == -1 && errno == EINVAL);
    CHECK(writev(1, (struct iovec *)8, 100000) == -1 && errno == EINVAL);
    CHECK(writev(1, pieces, 2) == -1 && errno == EINVAL);
    CHECK(readv(0, pieces, 2) == -1 && errno == EINVAL);
    return 0;
}

/* lseek, pread: devices are wherever they are asked to be; a terminal is not. */
static int devices_seek(void)
{
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY);
    int ends[2];
    char byte = 1;

    CHECK(null >= 0 && zero >= 0 && pipe(ends) == 0);
    CHECK(lseek(ends[0], 0, SEEK_SET) == -1 && errno == ESPIPE);
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    CHECK(lseek(null, 100, SEEK_SET) == 0 && lseek(zero, 0, SEEK_END) == 0);
    CHECK(pread(zero, &byte, 1, 5) == 1 && byte == 0 && pread(null, &byte, 1, 5) == 0);
    CHECK(lseek(1, 0, SEEK_SET) == -1 && errno == ESPIPE);
    CHECK(pread(0, &byte, 1, 0) == -1 && errno == ESPIPE);
    CHECK(close(null) == 0 && close(zero) == 0);
    return 0;
}

/* Every name of a path is looked at. */
static int paths_are_walked(void)
{
    char longer[5000];
    struct stat about;

    CHECK(stat("nope/../rom/libc", &about) == -1 && errno == ENOENT);
    CHECK(stat("rom/nope/../libc", &about) == -1 && errno == ENOENT);
    CHECK(stat("rom/libc/../libc", &about) == -1 && errno == ENOTDIR);
    CHECK(stat("dev/../rom/libc", &about) == 0 && stat("../../rom/./libc", &about) == 0);
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    CHECK(stat(longer, &about) == -1 && errno == ENAMETOOLONG);
    CHECK(rmdir(".") == -1 && errno == EINVAL && rmdir("dev/.") == -1 && errno == EINVAL);
    CHECK(rmdir("dev/..") == -1 && errno == ENOTEMPTY);
    CHECK(rename("dev/.", "x") == -1 && errno == EBUSY);
    return 0;
}

/* open, dup: at the limit nothing is opened, and a closed descriptor makes room. */
static int descriptors_have_a_limit(void)
{
    int first = open("/dev/null", O_RDONLY), last = first, fd;

    CHECK(first >= 0);
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    CHECK(errno == EMFILE && last == 1023);
    CHECK(dup(first) == -1 && errno == EMFILE);
    CHECK(close(500) == 0 && open("/dev/null", O_RDONLY) == 500);
    CHECK(open("/nowhere/x", O_RDONLY) == -1 && errno == EMFILE);
    CHECK(close(500) == 0 && open("/nowhere/x", O_RDONLY) == -1 && errno == ENOENT);
    CHECK(open("/dev/null", O_RDONLY) == 500);
    for (fd = first; fd <= last; fd++)
        CHECK(close(fd) == 0);
    return 0;
}

static const struct test tests[] = {
    {"posix/blocked signals are pending", blocked_signals_are_pending},
    {"posix/waits take a mask", waits_take_a_mask},
    {"posix/pending signals can be taken", pending_signals_can_be_taken},
    {"posix/masks are as asked for", masks_are_as_asked_for},
    {"posix/threads inherit the mask", threads_inherit_the_mask},
    {"posix/processor time never shrinks", processor_time_never_shrinks},
    {"posix/memory that is not needed is as new", memory_that_is_not_needed_is_as_new},
    {"posix/mappings are refused for a reason", mappings_are_refused_for_a_reason},
    {"posix/a refused protection changes nothing", a_refused_protection_changes_nothing},
    {"posix/counts come first", counts_come_first},
    {"posix/devices seek", devices_seek},
    {"posix/paths are walked", paths_are_walked},
    {"posix/descriptors have a limit", descriptors_have_a_limit},
    {0},
};

const struct group posix_group = {"posix.c", tests};

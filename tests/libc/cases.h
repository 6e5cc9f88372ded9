/* How cases are written down: a function that gives the line at which it failed, or 0. */
#ifndef CASES_H
#define CASES_H

struct test {
    const char *name;
    int (*run)(void);
};

/* Cases, ended by one without a name. */
struct group {
    const char *name;
    const struct test *tests;
};

/* Leaves the case unless the condition holds. */
#define CHECK(condition)     \
    do {                     \
        if (!(condition))    \
            return __LINE__; \
    } while (0)

extern const struct group memory_group, thread_group, futex_group, file_group, time_group,
    system_group, numbers_group, posix_group;

#endif

/*
 * What a C program may expect of the C library, on either system. Reports by TAP.
 */

#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct group *const groups[] = {
    &memory_group, &thread_group, &futex_group, &file_group, &time_group, &system_group,
    &numbers_group, &posix_group,
};

int main(int argc, char **argv)
{
    const char *filter = argc > 1 ? argv[1] : "";
    int number = 0, failed = 0;

    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const struct test *test = groups[g]->tests; test->name; test++) {
            int line;

            if (!strstr(test->name, filter))
                continue;
            line = test->run();
            number++;
            if (line) {
                failed++;
                printf("# %s: line %d\nnot ok %d - %s\n", groups[g]->name, line, number, test->name);
            } else {
                printf("ok %d - %s\n", number, test->name);
            }
        }
    }
    printf("1..%d\n", number);
    return failed != 0;
}

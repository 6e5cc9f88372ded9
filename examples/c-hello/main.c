/*
 * A C program: text, memory, time, a file of the boot modules, a thread. It is compiled with
 * uClibc-ng's headers and linked against its libc.a, as any C program for this target.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *work(void *arg)
{
    int *number = arg;

    *number *= 2;
    return number;
}

static int by_value(const void *a, const void *b)
{
    int x = *(const int *) a, y = *(const int *) b;

    return (x > y) - (x < y);
}

/* The ELF file of this very program, as its loader found it. */
static int read_own_image(const char *path)
{
    unsigned char magic[4];
    FILE *file = fopen(path, "r");

    if (!file) {
        printf("%s: %s\n", path, strerror(errno));
        return 1;
    }
    if (fread(magic, 1, sizeof magic, file) != sizeof magic ||
        memcmp(magic, "\177ELF", sizeof magic) != 0) {
        printf("%s: not an ELF file\n", path);
        return 1;
    }
    fseek(file, 0, SEEK_END);
    printf("%s: an ELF file of %s\n", path, ftell(file) > 1000 ? "some size" : "no size");
    fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    int numbers[] = {25, 9, 16, 1, 4};
    size_t count = sizeof numbers / sizeof *numbers;
    char *text = malloc(64), *end = text;
    pthread_t thread;
    struct timespec now;
    int answer = 21;
    void *result;

    printf("Hello from %s, a C program on L4Re!\n", argv[0]);
    for (int i = 1; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);

    qsort(numbers, count, sizeof *numbers, by_value);
    for (size_t i = 0; i < count; i++)
        end += sprintf(end, " %d", numbers[i]);
    printf("sorted:%s; pi is about %.5f\n", text, 355.0 / 113.0);
    free(text);

    if (pthread_create(&thread, NULL, work, &answer) != 0 ||
        pthread_join(thread, &result) != 0)
        return 1;
    printf("a thread says %d\n", *(int *) result);

    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("time since the system started: %ld.%06ld s\n", (long) now.tv_sec, now.tv_nsec / 1000);
    return read_own_image(argv[0]);
}

/* The heap, mmap and its kin. */

#define _GNU_SOURCE
#include "cases.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int heap_of_many_sizes(void)
{
    enum { COUNT = 500 };
    static unsigned char *blocks[COUNT];

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            size_t size = (size_t) (i * 37 + round) % 3000 + 1;

            CHECK(blocks[i] = malloc(size));
            memset(blocks[i], i, size);
        }
        for (int i = COUNT - 1; i >= 0; i--) {
            size_t size = (size_t) (i * 37 + round) % 3000 + 1;

            CHECK(blocks[i][0] == (unsigned char) i && blocks[i][size - 1] == (unsigned char) i);
            free(blocks[i]);
        }
    }
    return 0;
}

static int calloc_is_zero_after_use(void)
{
    enum { SIZE = 100000 };

    for (int round = 0; round < 4; round++) {
        unsigned char *block = calloc(1, SIZE);

        CHECK(block);
        for (int i = 0; i < SIZE; i++)
            CHECK(block[i] == 0);
        memset(block, 0xff, SIZE);
        free(block);
    }
    return 0;
}

static int large_blocks_come_and_go(void)
{
    for (int i = 0; i < 10; i++) {
        char *block = malloc(1 << 20);

        CHECK(block);
        block[0] = block[(1 << 20) - 1] = 1;
        block = realloc(block, 2 << 20);
        CHECK(block && block[0] == 1 && block[(1 << 20) - 1] == 1);
        free(block);
    }
    return 0;
}

static int too_much_is_refused(void)
{
    /* A free piece between two that are not: it is none of these sizes, which no address space has. */
    char *before = malloc(5000), *piece = malloc(5000), *behind = malloc(5000);

    CHECK(before && piece && behind);
    free(piece);
    for (int bits = 48; bits < 64; bits++) {
        errno = 0;
        CHECK(malloc((size_t) 1 << bits) == NULL && errno == ENOMEM);
        CHECK(malloc(((size_t) 1 << bits) - 100) == NULL && errno == ENOMEM);
    }
    free(before);
    free(behind);
    return 0;
}

static int aligned_blocks(void)
{
    for (size_t align = 16; align <= 65536; align *= 2) {
        void *block;

        CHECK(posix_memalign(&block, align, 100) == 0);
        CHECK((uintptr_t) block % align == 0);
        free(block);
    }
    return 0;
}

static int break_shrinks_and_is_zero_again(void)
{
    char *start = sbrk(3 * PAGE);

    CHECK(start != (char *) -1);
    memset(start, 0x55, 3 * PAGE);
    CHECK(sbrk(-2 * PAGE) != (void *) -1);
    CHECK(sbrk(2 * PAGE) == start + PAGE);
    CHECK(start[0] == 0x55);
    for (int i = PAGE; i < 3 * PAGE; i++)
        CHECK(start[i] == 0);
    return 0;
}

static char *map(size_t size, int prot)
{
    return mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int mappings_are_zero_and_separate(void)
{
    char *a = map(4 * PAGE, PROT_READ | PROT_WRITE), *b = map(PAGE, PROT_READ | PROT_WRITE);

    CHECK(a != MAP_FAILED && b != MAP_FAILED && a != b);
    for (int i = 0; i < 4 * PAGE; i++)
        CHECK(a[i] == 0);
    memset(a, 1, 4 * PAGE);
    CHECK(b[0] == 0);
    CHECK(munmap(a, 4 * PAGE) == 0 && munmap(b, PAGE) == 0);
    return 0;
}

static int a_hole_leaves_both_ends(void)
{
    char *a = map(5 * PAGE, PROT_READ | PROT_WRITE);

    CHECK(a != MAP_FAILED);
    for (int i = 0; i < 5; i++)
        a[i * PAGE] = (char) i;
    CHECK(munmap(a + 2 * PAGE, PAGE) == 0);
    CHECK(a[0] == 0 && a[PAGE] == 1 && a[3 * PAGE] == 3 && a[4 * PAGE] == 4);
    /* The hole can be filled again, with fresh memory. */
    CHECK(mmap(a + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == a + 2 * PAGE);
    CHECK(a[2 * PAGE] == 0);
    CHECK(munmap(a, 5 * PAGE) == 0);
    CHECK(munmap(a, 5 * PAGE) == 0);
    return 0;
}

static int protection_keeps_content(void)
{
    char *a = map(3 * PAGE, PROT_READ | PROT_WRITE);

    CHECK(a != MAP_FAILED);
    a[0] = 1, a[PAGE] = 2, a[2 * PAGE] = 3;
    CHECK(mprotect(a + PAGE, PAGE, PROT_NONE) == 0);
    CHECK(a[0] == 1 && a[2 * PAGE] == 3);
    CHECK(mprotect(a + PAGE, PAGE, PROT_READ) == 0);
    CHECK(a[PAGE] == 2);
    CHECK(mprotect(a, 3 * PAGE, PROT_READ | PROT_WRITE) == 0);
    a[PAGE] = 4;
    CHECK(a[0] == 1 && a[PAGE] == 4 && a[2 * PAGE] == 3);
    CHECK(munmap(a, 3 * PAGE) == 0);
    return 0;
}

static int code_can_be_made_and_run(void)
{
    static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    char *a = map(PAGE, PROT_READ | PROT_WRITE);
    int (*function)(void);

    CHECK(a != MAP_FAILED);
    memcpy(a, code, sizeof code);
    CHECK(mprotect(a, PAGE, PROT_READ | PROT_EXEC) == 0);
    memcpy(&function, &a, sizeof function);
    CHECK(function() == 42);
    CHECK(munmap(a, PAGE) == 0);
    return 0;
}

static int remap_keeps_content(void)
{
    char *a = map(2 * PAGE, PROT_READ | PROT_WRITE), *b;

    CHECK(a != MAP_FAILED);
    a[0] = 1, a[2 * PAGE - 1] = 2;
    b = mremap(a, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    CHECK(b != MAP_FAILED && b[0] == 1 && b[2 * PAGE - 1] == 2 && b[8 * PAGE - 1] == 0);
    CHECK(mremap(b, 8 * PAGE, PAGE, 0) == b && b[0] == 1);
    CHECK(munmap(b, PAGE) == 0);
    return 0;
}

static int memory_comes_back(void)
{
    /* More in all than there is in the machine. */
    for (int i = 0; i < 200; i++) {
        char *a = map(16 << 20, PROT_READ | PROT_WRITE);

        CHECK(a != MAP_FAILED);
        a[0] = 1;
        CHECK(munmap(a, 16 << 20) == 0);
    }
    return 0;
}

static int wrong_arguments(void)
{
    char *a = map(PAGE, PROT_READ);

    CHECK(map(0, PROT_READ) == MAP_FAILED && errno == EINVAL);
    CHECK(munmap(a + 1, PAGE) == -1 && errno == EINVAL);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED && errno == EBADF);
    CHECK(munmap(a, PAGE) == 0);
    return 0;
}

static const struct test tests[] = {
    {"memory/heap of many sizes", heap_of_many_sizes},
    {"memory/calloc is zero after use", calloc_is_zero_after_use},
    {"memory/large blocks come and go", large_blocks_come_and_go},
    {"memory/too much is refused", too_much_is_refused},
    {"memory/aligned blocks", aligned_blocks},
    {"memory/break shrinks and is zero again", break_shrinks_and_is_zero_again},
    {"memory/mappings are zero and separate", mappings_are_zero_and_separate},
    {"memory/a hole leaves both ends", a_hole_leaves_both_ends},
    {"memory/protection keeps content", protection_keeps_content},
    {"memory/code can be made and run", code_can_be_made_and_run},
    {"memory/remap keeps content", remap_keeps_content},
    {"memory/memory comes back", memory_comes_back},
    {"memory/wrong arguments", wrong_arguments},
    {0},
};

const struct group memory_group = {"memory.c", tests};

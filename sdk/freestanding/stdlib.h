/* The part of stdlib.h that a program without a C library has. */
#pragma once
#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

#ifdef __cplusplus
extern "C" {
#endif

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *at, size_t size);
void free(void *at);
/** Ends the program; its parent learns the status. */
__attribute__((noreturn)) void exit(int status);
/** Ends the program with a message and the status 101. */
__attribute__((noreturn)) void abort(void);

#ifdef __cplusplus
}
#endif

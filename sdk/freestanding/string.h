/* The part of string.h that a program without a C library has. */
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

int bcmp(const void *a, const void *b, size_t size);
void *memchr(const void *s, int c, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memcpy(void *__restrict to, const void *__restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int c, size_t size);
char *strcat(char *__restrict to, const char *__restrict from);
char *strchr(const char *s, int c);
int strcmp(const char *a, const char *b);
char *strcpy(char *__restrict to, const char *__restrict from);
size_t strlen(const char *s);
char *strncat(char *__restrict to, const char *__restrict from, size_t size);
int strncmp(const char *a, const char *b, size_t size);
char *strncpy(char *__restrict to, const char *__restrict from, size_t size);
size_t strnlen(const char *s, size_t size);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *part);

#ifdef __cplusplus
}
#endif

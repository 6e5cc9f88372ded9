/* A checksum (RFC 1950). */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* The checksum of `size` bytes behind those whose checksum is `so_far`; it begins with 1. */
uint32_t adler32(uint32_t so_far, const uint8_t *bytes, size_t size);

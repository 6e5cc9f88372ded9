/* Notes, kept by Rust: src/lib.rs. */
#pragma once
#include <l4/sys/types.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct notes notes_t;

/** No notes yet; `changed` is a semaphore that is told of each new one. */
notes_t *notes_new(l4_cap_idx_t changed);
/** Adds a note. 0, or a negative error code. */
long notes_add(notes_t *notes, const char *text);
/** The number of notes. */
size_t notes_count(notes_t *notes);
/** The length of a note. There must be one of this number: otherwise it panics. */
size_t notes_length(notes_t *notes, size_t index);
/** A dataspace with the text of all notes, `size` bytes, a line for each. It stays the notes': it
 * is valid until they are shared again, or freed. 0, or a negative error code. */
long notes_share(notes_t *notes, l4_cap_idx_t *ds, size_t *size);
/** Frees all. */
void notes_free(notes_t *notes);

#ifdef __cplusplus
}
#endif

#include <l4/sys/types.h>
#include <l4/sys/kip.h>
#include <l4/re/consts.h>

//@ field l4re_env_cap_entry_t.name: char[]
//@ field l4re_env_t.caps: struct l4re_env_cap_entry_t *
//@ constants
//@ structures

/** The environment. A program has it from its start on, and must not write to it. */
extern l4re_env_t *l4re_global_env;

//@ functions

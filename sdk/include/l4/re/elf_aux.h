#include <l4/sys/types.h>

//@ all

/** Stands before an element that tells the loader something: it is found in the program's file. */
#define L4RE_ELF_AUX_ELEM \
  const __attribute__((used, section(".rol4re_elf_aux"), aligned(sizeof(l4_umword_t))))
/** Defines an element of a type, with its tag and what follows its size. */
#define L4RE_ELF_AUX_ELEM_T(type, id, tag, ...) \
  static L4RE_ELF_AUX_ELEM type id = { tag, sizeof(type), __VA_ARGS__ }

#include <l4/sys/compiler.h>

/* Functions are called by the machine's usual convention. */
#define L4_CV
#define L4_FASTCALL(x) x
#define l4_fastcall

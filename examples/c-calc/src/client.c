/* A client in C of the server of `examples/calc`, which is Rust. It asks as a client of L4Re's
 * C interface would: the message registers hold the operation (4 bytes) and, behind it, the
 * arguments, each at a multiple of its size. */

#include <l4/re/env.h>
#include <l4/sys/err.h>
#include <l4/sys/ipc.h>
#include <l4/sys/utcb.h>
#include <stdio.h>
#include <string.h>

enum { CALC_PROTOCOL = 0x44 };
enum { CALC_SUB, CALC_NEG, CALC_END };

struct sub_request { l4_uint32_t op, a, b; };
struct neg_request { l4_uint32_t op, a; };

/* Sends a request of `size` bytes; `result` becomes what the reply holds. 0, or an error code. */
static long
call(l4_cap_idx_t calc, const void *request, unsigned size, l4_int32_t *result)
{
  memcpy(l4_utcb_mr(), request, size);
  l4_msgtag_t tag = l4_msgtag(CALC_PROTOCOL, l4_bytes_to_mwords(size), 0, 0);
  long error = l4_error(l4_ipc_call(calc, l4_utcb(), tag, L4_IPC_NEVER));
  if (error >= 0 && result)
    memcpy(result, l4_utcb_mr(), sizeof(*result));
  return error;
}

int
main(void)
{
  l4_cap_idx_t calc = l4re_env_get_cap("calc");
  if (!l4_is_valid_cap(calc))
    {
      puts("there is no capability named `calc`");
      return 1;
    }

  l4_int32_t result = 0;
  struct sub_request sub = { CALC_SUB, 8, 5 };
  long error = call(calc, &sub, sizeof(sub), &result);
  if (error < 0)
    {
      printf("sub: %s\n", l4sys_errtostr(error));
      return 1;
    }
  printf("8 - 5 = %d\n", result);

  struct neg_request neg = { CALC_NEG, 13 };
  error = call(calc, &neg, sizeof(neg), &result);
  if (error < 0)
    {
      printf("neg: %s\n", l4sys_errtostr(error));
      return 1;
    }
  printf("-(13) = %d\n", result);

  l4_uint32_t end = CALC_END;
  return call(calc, &end, sizeof(end), NULL) < 0;
}

/* A server in C that does what the Rust server of `examples/calc` does: it binds its thread to
 * the gate `calc` and answers what comes through it. */

#include <l4/re/env.h>
#include <l4/sys/err.h>
#include <l4/sys/ipc.h>
#include <l4/sys/rcv_endpoint.h>
#include <l4/sys/utcb.h>
#include <stdio.h>
#include <string.h>

enum { CALC_PROTOCOL = 0x44 };
enum { CALC_SUB, CALC_NEG, CALC_END };

/* What comes through the gate is told from anything else by this; its lowest two bits are the
 * sender's rights. */
enum { CALC_LABEL = 0x10 };

struct request { l4_uint32_t op, a, b; };

static int running = 1;

/* Answers the request of `tag` in the message registers: the label and words of the reply. */
static l4_msgtag_t
answer(l4_msgtag_t tag, l4_umword_t label)
{
  if ((label & ~3UL) != CALC_LABEL || l4_msgtag_label(tag) != CALC_PROTOCOL)
    return l4_msgtag(-L4_EBADPROTO, 0, 0, 0);

  /* A client may send less than it should. */
  struct request request;
  unsigned size = l4_msgtag_words(tag) * sizeof(l4_umword_t);
  memcpy(&request, l4_utcb_mr(), sizeof(request));
  if (size < sizeof(request.op))
    return l4_msgtag(-L4_EMSGTOOSHORT, 0, 0, 0);

  l4_int32_t result = 0;
  unsigned needed = sizeof(request.op);
  switch (request.op)
    {
    case CALC_SUB:
      needed = sizeof(request);
      result = (l4_int32_t)(request.a - request.b);
      break;
    case CALC_NEG:
      needed = 2 * sizeof(l4_uint32_t);
      result = (l4_int32_t)-request.a;
      break;
    case CALC_END:
      running = 0;
      return l4_msgtag(0, 0, 0, 0);
    default:
      return l4_msgtag(-L4_ENOSYS, 0, 0, 0);
    }
  if (size < needed)
    return l4_msgtag(-L4_EMSGTOOSHORT, 0, 0, 0);
  memset(l4_utcb_mr(), 0, sizeof(l4_umword_t));
  memcpy(l4_utcb_mr(), &result, sizeof(result));
  return l4_msgtag(0, 1, 0, 0);
}

int
main(void)
{
  l4_cap_idx_t gate = l4re_env_get_cap("calc");
  long error = l4_error(l4_rcv_ep_bind_thread(gate, l4re_env()->main_thread, CALC_LABEL));
  if (error < 0)
    {
      printf("cannot serve `calc`: %s\n", l4sys_errtostr(error));
      return 1;
    }

  unsigned requests = 0;
  l4_umword_t label;
  l4_msgtag_t tag = l4_ipc_wait(l4_utcb(), &label, L4_IPC_NEVER);
  for (;;)
    {
      if (l4_msgtag_has_error(tag))
        {
          /* The client has not waited for its reply. */
          tag = l4_ipc_wait(l4_utcb(), &label, L4_IPC_NEVER);
          continue;
        }
      tag = answer(tag, label);
      requests++;
      if (!running)
        break;
      tag = l4_ipc_reply_and_wait(l4_utcb(), tag, &label, L4_IPC_SEND_TIMEOUT_0);
    }
  /* The last reply, without waiting for more. */
  l4_ipc_reply(L4_INVALID_REPLY_CAP, l4_utcb(), tag, L4_IPC_SEND_TIMEOUT_0);
  printf("done after %u requests\n", requests);
  return 0;
}

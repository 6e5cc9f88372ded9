/* Messages: between threads, through gates, with capabilities, with timeouts. */
#include "tap.h"
#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/factory.h>
#include <l4/sys/ipc.h>
#include <l4/sys/ipc_gate.h>
#include <l4/sys/irq.h>
#include <l4/sys/kip.h>
#include <l4/sys/semaphore.h>
#include <l4/sys/task.h>
#include <l4/sys/thread.h>
#include <l4/sys/utcb.h>
#include <l4/util/util.h>

static int
tags_and_words(void)
{
  l4_msgtag_t tag = l4_msgtag(-2, 5, 3, L4_MSGTAG_SCHEDULE);
  CHECK_EQ(l4_msgtag_label(tag), -2);
  CHECK_EQ(l4_msgtag_words(tag), 5);
  CHECK_EQ(l4_msgtag_items(tag), 3);
  CHECK_EQ(l4_msgtag_flags(tag), L4_MSGTAG_SCHEDULE);
  CHECK(!l4_msgtag_has_error(tag));
  CHECK(l4_msgtag_is_page_fault(l4_msgtag(L4_PROTO_PAGE_FAULT, 2, 0, 0)));
  CHECK(!l4_msgtag_is_exception(tag));
  l4_fpage_t page = l4_fpage(0x12345fff, L4_PAGESHIFT, L4_FPAGE_RW);
  CHECK_EQ(l4_fpage_memaddr(page), 0x12345000);
  CHECK_EQ(l4_fpage_size(page), L4_PAGESHIFT);
  CHECK_EQ(l4_fpage_rights(page), L4_FPAGE_RW);
  CHECK_EQ(l4_fpage_type(page), L4_FPAGE_MEMORY);
  CHECK(l4_is_fpage_writable(page));
  CHECK(!l4_is_fpage_valid(l4_fpage_invalid()));
  CHECK(l4_fpage_contains(page, 0x12345800, 3));
  CHECK(!l4_fpage_contains(page, 0x12345800, 12));
  CHECK_EQ(l4_fpage_obj(l4_obj_fpage(L4_BASE_LOG_CAP, 0, L4_CAP_FPAGE_R)), L4_BASE_LOG_CAP);
  CHECK_EQ(l4_map_obj_control(0x5000, L4_MAP_ITEM_GRANT), 0x5000 | L4_ITEM_MAP | L4_MAP_ITEM_GRANT);
  CHECK_EQ(l4_timeout_rel_get(l4_timeout_from_us(1000)), 1000);
  CHECK_EQ(l4_timeout_rel_get(L4_IPC_TIMEOUT_NEVER), L4_TIMEOUT_US_NEVER);
  CHECK_EQ(l4_timeout(L4_IPC_TIMEOUT_0, L4_IPC_TIMEOUT_NEVER).raw, L4_IPC_SEND_TIMEOUT_0.raw);
  CHECK_EQ(l4_round_page(1), L4_PAGESIZE);
  CHECK_EQ(l4_trunc_page(L4_PAGESIZE + 1), L4_PAGESIZE);
  return 1;
}

/* The server: it answers with the sum of the words, their number and the label; a capability
 * that a request brings, it triggers. */
static l4_cap_idx_t received;
enum { LABEL = 0x120 };

static void
serve(void)
{
  l4_umword_t label;
  l4_utcb_br()->bdr = 0;
  l4_utcb_br()->br[0] = received | L4_RCV_ITEM_SINGLE_CAP;
  l4_utcb_br()->br[1] = 0;
  l4_msgtag_t tag = l4_ipc_wait(l4_utcb(), &label, L4_IPC_NEVER);
  for (;;)
    {
      l4_msg_regs_t *mr = l4_utcb_mr();
      l4_umword_t sum = 0;
      unsigned words = l4_msgtag_words(tag);
      for (unsigned i = 0; i < words; i++)
        sum += mr->mr[i];
      if (l4_msgtag_items(tag) == 1)
        l4_irq_trigger(received);
      mr->mr[0] = sum;
      mr->mr[1] = words;
      mr->mr[2] = label;
      tag = l4_ipc_reply_and_wait(l4_utcb(), l4_msgtag(7, 3, 0, 0), &label,
                                  L4_IPC_SEND_TIMEOUT_0);
    }
}

static l4_cap_idx_t server, gate;

static int
a_thread_and_a_gate(void)
{
  received = slot();
  CHECK_EQ(start_thread(&server, serve), 0);
  gate = slot();
  l4_msgtag_t tag = l4_factory_create_gate(l4re_env()->factory, gate, server, LABEL);
  CHECK_EQ(l4_error(tag), 0);
  l4_umword_t label = 0;
  CHECK_EQ(l4_error(l4_ipc_gate_get_infos(gate, &label)), 0);
  CHECK_EQ(label, LABEL);
  return 1;
}

static int
a_call(void)
{
  l4_msg_regs_t *mr = l4_utcb_mr();
  for (unsigned i = 0; i < 10; i++)
    mr->mr[i] = i + 1;
  l4_msgtag_t tag = l4_ipc_call(gate, l4_utcb(), l4_msgtag(3, 10, 0, 0), L4_IPC_NEVER);
  CHECK(!l4_msgtag_has_error(tag));
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), 0);
  CHECK_EQ(l4_msgtag_label(tag), 7);
  CHECK_EQ(l4_error(tag), 7);
  CHECK_EQ(l4_msgtag_words(tag), 3);
  CHECK_EQ(mr->mr[0], 55);
  CHECK_EQ(mr->mr[1], 10);
  /* The lowest two bits are rights. */
  CHECK_EQ(mr->mr[2] & ~3UL, LABEL);
  return 1;
}

static int
a_capability_in_a_message(void)
{
  l4_cap_idx_t semaphore = slot();
  l4_cap_idx_t factory = l4re_env()->factory;
  CHECK_EQ(l4_error(l4_factory_create(factory, L4_PROTO_SEMAPHORE, semaphore)), 0);
  l4_msgtag_t tag = l4_msgtag(3, 0, 0, 0);
  CHECK_EQ(l4_sndfpage_add(l4_obj_fpage(semaphore, 0, L4_CAP_FPAGE_RWS), 0, &tag), 0);
  CHECK_EQ(l4_msgtag_items(tag), 1);
  CHECK_EQ(l4_error(l4_ipc_call(gate, l4_utcb(), tag, L4_IPC_NEVER)), 7);
  /* The server has triggered it: the count is one. */
  l4_timeout_t soon = l4_timeout(L4_IPC_TIMEOUT_NEVER, l4_timeout_from_us(5000000));
  CHECK_EQ(l4_error(l4_semaphore_down(semaphore, soon)), 0);
  /* And not two. */
  tag = l4_semaphore_down(semaphore, L4_IPC_RECV_TIMEOUT_0);
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), L4_IPC_RETIMEOUT);
  /* What is sent without waiting for an answer has no result but that of sending. */
  CHECK_EQ(l4_ipc_error(l4_semaphore_up(semaphore), l4_utcb()), 0);
  CHECK_EQ(l4_error(l4_semaphore_down(semaphore, soon)), 0);
  drop(semaphore);
  return 1;
}

static int
errors_tell_the_phase(void)
{
  l4_cap_idx_t nothing = slot();
  l4_msgtag_t tag = l4_ipc_call(nothing, l4_utcb(), l4_msgtag(0, 0, 0, 0), L4_IPC_NEVER);
  CHECK(l4_msgtag_has_error(tag));
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), L4_IPC_ENOT_EXISTENT);
  CHECK_EQ(l4_error(tag), -(L4_EIPC_LO + L4_IPC_ENOT_EXISTENT));
  CHECK_EQ(l4_ipc_to_errno(L4_IPC_ENOT_EXISTENT), -(L4_EIPC_LO + L4_IPC_ENOT_EXISTENT));
  l4re_util_cap_free(nothing);

  l4_cpu_time_t start = l4_kip_clock(l4re_kip());
  l4_timeout_t wait = l4_timeout(L4_IPC_TIMEOUT_NEVER, l4_timeout_from_us(20000));
  tag = l4_ipc_receive(L4_INVALID_CAP, l4_utcb(), wait);
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), L4_IPC_RETIMEOUT);
  CHECK(l4_ipc_is_rcv_error(l4_utcb()));
  CHECK(!l4_ipc_is_snd_error(l4_utcb()));
  CHECK_EQ(l4_ipc_error_code(l4_utcb()), L4_IPC_RETIMEOUT);
  CHECK(l4_kip_clock(l4re_kip()) - start >= 20000);

  start = l4_kip_clock(l4re_kip());
  l4_sleep(10);
  l4_usleep(5000);
  l4_ipc_sleep_ms(5);
  CHECK(l4_kip_clock(l4re_kip()) - start >= 20000);

  /* A point in time. */
  l4_timeout_s at = l4_timeout_abs(l4_kip_clock(l4re_kip()) + 10000, 3);
  CHECK(l4_timeout_is_absolute(at));
  tag = l4_ipc_receive(L4_INVALID_CAP, l4_utcb(), l4_timeout(L4_IPC_TIMEOUT_NEVER, at));
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), L4_IPC_RETIMEOUT);
  return 1;
}

static int
an_interrupt(void)
{
  l4_cap_idx_t irq = slot();
  CHECK_EQ(l4_error(l4_factory_create_irq(l4re_env()->factory, irq)), 0);
  l4_cap_idx_t self = l4re_env()->main_thread;
  CHECK_EQ(l4_error(l4_rcv_ep_bind_thread(irq, self, 0x560)), 0);
  l4_timeout_t soon = l4_timeout(L4_IPC_TIMEOUT_NEVER, l4_timeout_from_us(5000000));
  CHECK_EQ(l4_ipc_error(l4_irq_trigger(irq), l4_utcb()), 0);
  l4_umword_t label = 0;
  l4_msgtag_t tag = l4_ipc_wait(l4_utcb(), &label, soon);
  CHECK(!l4_msgtag_has_error(tag));
  CHECK_EQ(label, 0x560);
  CHECK_EQ(l4_ipc_error(l4_irq_trigger(irq), l4_utcb()), 0);
  tag = l4_irq_receive(irq, soon);
  CHECK(!l4_msgtag_has_error(tag));
  tag = l4_irq_receive(irq, L4_IPC_RECV_TIMEOUT_0);
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), L4_IPC_RETIMEOUT);
  CHECK_EQ(l4_error(l4_irq_detach(irq)), 0);
  drop(irq);
  return 1;
}

static int
a_server_is_gone(void)
{
  drop(server);
  l4_utcb_mr()->mr[0] = 1;
  l4_timeout_t soon = l4_timeout(l4_timeout_from_us(50000), l4_timeout_from_us(50000));
  l4_msgtag_t tag = l4_ipc_call(gate, l4_utcb(), l4_msgtag(3, 1, 0, 0), soon);
  CHECK(l4_msgtag_has_error(tag));
  drop(gate);
  l4re_util_cap_free_um(received);
  return 1;
}

void
ipc_cases(void)
{
  run("tags, flexpages and timeouts", tags_and_words);
  run("a thread and a gate", a_thread_and_a_gate);
  run("a call and its reply", a_call);
  run("a capability in a message, and a semaphore", a_capability_in_a_message);
  run("errors and timeouts", errors_tell_the_phase);
  run("an interrupt", an_interrupt);
  run("a server that is gone", a_server_is_gone);
}

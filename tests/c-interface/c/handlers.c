/* A thread that is the pager and the exception handler of others: it sees their system calls,
 * their steps and their start, and answers by their own capability. */
#include "tap.h"
#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/c/util/kumem_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/factory.h>
#include <l4/sys/ipc.h>
#include <l4/sys/irq.h>
#include <l4/sys/scheduler.h>
#include <l4/sys/task.h>
#include <l4/sys/thread.h>
#include <l4/sys/utcb.h>
#include <l4/util/thread.h>
#include <l4/util/util.h>
#include <string.h>

static char stack[16 << 10] __attribute__((aligned(16)));

/* Long enough for any answer. */
static l4_timeout_t
patience(void)
{
  return l4_timeout(L4_IPC_TIMEOUT_NEVER, l4_timeout_from_us(10000000));
}

/* Starts a thread whose pager and exception handler is this one. */
static long
start_watched(l4_cap_idx_t *thread, void (*entry)(void), int alien, l4_umword_t flags)
{
  l4_addr_t utcb;
  l4_cap_idx_t main_thread = l4re_env()->main_thread;
  *thread = slot();
  /* The handler is no pager of memory. */
  l4_touch_rw(stack, sizeof(stack));
  l4_touch_ro((const void *)entry, 1);
  long error = l4re_util_kumem_alloc(&utcb, 0, L4RE_THIS_TASK_CAP, l4re_env()->rm);
  if (error < 0)
    return error;
  error = l4_error(l4_factory_create_thread(l4re_env()->factory, *thread));
  if (error < 0)
    return error;
  l4_thread_control_start();
  l4_thread_control_pager(main_thread);
  l4_thread_control_exc_handler(main_thread);
  l4_thread_control_bind((l4_utcb_t *)utcb, L4RE_THIS_TASK_CAP);
  if (alien)
    l4_thread_control_alien(1);
  error = l4_error(l4_thread_control_commit(*thread));
  if (error < 0)
    return error;
  error = l4_error(l4_thread_ex_regs(*thread, (l4_addr_t)entry,
                                     (l4_addr_t)stack + sizeof(stack), flags));
  if (error < 0)
    return error;
  l4_sched_param_t param = l4_sched_param(2, 0);
  return l4_error(l4_scheduler_run_thread(l4re_env()->scheduler, *thread, &param));
}

/* Answers a thread's exception with its registers, and waits for the next. */
static l4_msgtag_t
answer(l4_cap_idx_t thread, l4_exc_regs_t *regs, long label)
{
  *l4_utcb_exc() = *regs;
  l4_msgtag_t tag = l4_msgtag(label, L4_UTCB_EXCEPTION_REGS_SIZE, 0, 0);
  tag = l4_ipc_call(thread, l4_utcb(), tag, patience());
  *regs = *l4_utcb_exc();
  return tag;
}

static volatile unsigned calls;

L4UTIL_THREAD_STATIC_FUNC(caller)
{
  for (;;)
    {
      l4_ipc_call(0x1234UL << L4_CAP_SHIFT, l4_utcb(), l4_msgtag(0, 0, 0, 0), L4_IPC_NEVER);
      calls++;
    }
}

static int
system_calls_of_an_alien_are_seen(void)
{
  enum { SYSTEM_CALL = 0xfd };
  l4_cap_idx_t thread;
  calls = 0;
  CHECK_EQ(start_watched(&thread, caller, 1, 0), 0);
  l4_msgtag_t tag = l4_ipc_receive(thread, l4_utcb(), patience());
  l4_exc_regs_t regs = *l4_utcb_exc();
  for (unsigned i = 0; i < 6; i++)
    {
      CHECK_EQ(l4_ipc_error(tag, l4_utcb()), 0);
      CHECK(l4_msgtag_is_exception(tag));
      CHECK_EQ(regs.trapno, SYSTEM_CALL);
      /* First before the call, then behind it. */
      CHECK_EQ(regs.err == 1, i % 2);
      CHECK_EQ(calls, i / 2);
      tag = answer(thread, &regs, i % 2 ? 0 : L4_PROTO_ALLOW_SYSCALL);
    }
  drop(thread);
  return 1;
}

void stepper(void);
extern char first_step[], last_step[], step_loop[];
__asm__(".pushsection .text\n"
        ".globl stepper, first_step, last_step, step_loop\n"
        "stepper:\n"
        "  pushfq\n"
        "  orq $0x100, (%rsp)\n"
        "  popfq\n"
        "first_step: nop\n"
        "  nop\n"
        "  mov $42, %edx\n"
        "  pushfq\n"
        "  andq $~0x100, (%rsp)\n"
        "last_step: popfq\n"
        "step_loop: jmp step_loop\n"
        ".popsection\n");

static int
each_step_is_seen(void)
{
  enum { DEBUG_TRAP = 1 };
  l4_cap_idx_t thread;
  CHECK_EQ(start_watched(&thread, stepper, 0, 0), 0);
  l4_msgtag_t tag = l4_ipc_receive(thread, l4_utcb(), patience());
  l4_exc_regs_t regs = *l4_utcb_exc();
  /* Behind the first instruction that began with the flag set. */
  l4_addr_t due[] = { 1, 2, 7, 8 };
  for (unsigned i = 0; i < 4; i++)
    {
      CHECK_EQ(l4_ipc_error(tag, l4_utcb()), 0);
      CHECK(l4_msgtag_is_exception(tag));
      CHECK_EQ(regs.trapno, DEBUG_TRAP);
      CHECK_EQ(l4_utcb_exc_pc(&regs) - (l4_addr_t)first_step, due[i]);
      if (i == 2)
        CHECK_EQ(regs.rdx, 42);
      if (i == 3)
        break;
      tag = answer(thread, &regs, 0);
    }
  tag = answer(thread, &regs, 0);
  CHECK_EQ(l4_utcb_exc_pc(&regs), (l4_addr_t)last_step);
  tag = answer(thread, &regs, 0);
  /* `popf` itself is still a step. */
  CHECK(l4_msgtag_is_exception(tag));
  CHECK_EQ(l4_utcb_exc_pc(&regs), (l4_addr_t)step_loop);
  /* Then there is none any more. */
  *l4_utcb_exc() = regs;
  tag = l4_msgtag(0, L4_UTCB_EXCEPTION_REGS_SIZE, 0, 0);
  l4_timeout_t soon = l4_timeout(L4_IPC_TIMEOUT_NEVER, l4_timeout_from_us(20000));
  tag = l4_ipc_call(thread, l4_utcb(), tag, soon);
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), L4_IPC_RETIMEOUT);
  drop(thread);
  return 1;
}

static volatile l4_umword_t seen[4];

void starter(void);
__asm__(".pushsection .text\n"
        ".globl starter\n"
        "starter:\n"
        "  mov %rdi, seen(%rip)\n"
        "  mov %rsi, seen+8(%rip)\n"
        "  mov %r12, seen+16(%rip)\n"
        "  mov %rsp, seen+24(%rip)\n"
        "1: jmp 1b\n"
        ".popsection\n");

static int
a_thread_starts_with_the_registers_of_an_answer(void)
{
  l4_cap_idx_t thread;
  seen[3] = 0;
  CHECK_EQ(start_watched(&thread, starter, 0, L4_THREAD_EX_REGS_TRIGGER_EXCEPTION), 0);
  l4_msgtag_t tag = l4_ipc_receive(thread, l4_utcb(), patience());
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), 0);
  CHECK(l4_msgtag_is_exception(tag));
  l4_exc_regs_t *regs = l4_utcb_exc();
  CHECK(l4_utcb_exc_is_ex_regs_exception(regs));
  l4_utcb_exc_pc_set(regs, (l4_addr_t)starter);
  regs->sp = (l4_addr_t)stack + 4096;
  regs->rdi = 11;
  regs->rsi = 22;
  regs->r12 = 33;
  tag = l4_ipc_send(thread, l4_utcb(), l4_msgtag(0, L4_UTCB_EXCEPTION_REGS_SIZE, 0, 0), L4_IPC_NEVER);
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), 0);
  for (unsigned i = 0; i < 1000 && !seen[3]; i++)
    l4_sleep(5);
  CHECK_EQ(seen[0], 11);
  CHECK_EQ(seen[1], 22);
  CHECK_EQ(seen[2], 33);
  CHECK_EQ(seen[3], (l4_addr_t)stack + 4096);
  drop(thread);
  return 1;
}

static l4_cap_idx_t receiver_of_words;
static volatile unsigned good_messages;

L4UTIL_THREAD_STATIC_FUNC(words_receiver)
{
  for (l4_umword_t i = 0;; i++)
    {
      l4_msgtag_t tag = l4_ipc_receive(l4re_env()->main_thread, l4_utcb(), L4_IPC_NEVER);
      unsigned good = l4_msgtag_words(tag) == L4_UTCB_GENERIC_DATA_SIZE;
      for (l4_umword_t j = 0; j < L4_UTCB_GENERIC_DATA_SIZE; j++)
        good &= l4_utcb_mr()->mr[j] == i * 1000 + j;
      good_messages += good;
    }
}

static int
all_words_of_a_message_arrive(void)
{
  CHECK_EQ(start_watched(&receiver_of_words, words_receiver, 0, 0), 0);
  l4_msgtag_t tag = l4_msgtag(0, L4_UTCB_GENERIC_DATA_SIZE, 0, 0);
  for (l4_umword_t i = 0; i < 10; i++)
    {
      for (l4_umword_t j = 0; j < L4_UTCB_GENERIC_DATA_SIZE; j++)
        l4_utcb_mr()->mr[j] = i * 1000 + j;
      CHECK_EQ(l4_ipc_error(l4_ipc_send(receiver_of_words, l4_utcb(), tag, L4_IPC_NEVER), l4_utcb()), 0);
    }
  for (unsigned i = 0; i < 1000 && good_messages < 10; i++)
    l4_sleep(5);
  CHECK_EQ(good_messages, 10);
  drop(receiver_of_words);
  return 1;
}

static l4_cap_idx_t trigger_slot;

/* Takes an interrupt object from a message, and triggers it three times, a moment apart. */
L4UTIL_THREAD_STATIC_FUNC(triggerer)
{
  l4_utcb_br()->bdr = 0;
  l4_utcb_br()->br[0] = trigger_slot | L4_RCV_ITEM_SINGLE_CAP;
  l4_utcb_br()->br[1] = 0;
  l4_msgtag_t tag = l4_ipc_receive(l4re_env()->main_thread, l4_utcb(), L4_IPC_NEVER);
  if (!l4_msgtag_has_error(tag) && l4_msgtag_items(tag) == 1)
    for (unsigned i = 0; i < 3; i++)
      {
        l4_irq_trigger(trigger_slot);
        l4_sleep(20);
      }
  l4_sleep_forever();
}

static int
an_interrupt_is_handed_over_and_triggered(void)
{
  l4_cap_idx_t thread, irq = slot();
  trigger_slot = slot();
  CHECK_EQ(l4_error(l4_factory_create_irq(l4re_env()->factory, irq)), 0);
  CHECK_EQ(l4_error(l4_rcv_ep_bind_thread(irq, l4re_env()->main_thread, 0)), 0);
  CHECK_EQ(start_watched(&thread, triggerer, 0, 0), 0);
  l4_utcb_mr()->mr[0] = l4_map_obj_control(0, 0);
  l4_utcb_mr()->mr[1] = l4_obj_fpage(irq, 0, L4_CAP_FPAGE_RWS).raw;
  l4_msgtag_t tag = l4_ipc_send(thread, l4_utcb(), l4_msgtag(0, 0, 1, 0), L4_IPC_NEVER);
  CHECK_EQ(l4_ipc_error(tag, l4_utcb()), 0);
  for (unsigned i = 0; i < 3; i++)
    CHECK_EQ(l4_ipc_error(l4_irq_receive(irq, patience()), l4_utcb()), 0);
  l4_timeout_t soon = l4_timeout(L4_IPC_TIMEOUT_NEVER, l4_timeout_from_us(50000));
  CHECK_EQ(l4_ipc_error(l4_irq_receive(irq, soon), l4_utcb()), L4_IPC_RETIMEOUT);
  CHECK_EQ(l4_error(l4_irq_detach(irq)), 0);
  drop(thread);
  drop(irq);
  l4re_util_cap_free(trigger_slot);
  return 1;
}

void
handler_cases(void)
{
  run("system calls of an alien are seen, before and behind", system_calls_of_an_alien_are_seen);
  run("each step is seen", each_step_is_seen);
  run("a thread starts with the registers of an answer",
      a_thread_starts_with_the_registers_of_an_answer);
  run("all words of a message arrive", all_words_of_a_message_arrive);
  run("an interrupt is handed over and triggered", an_interrupt_is_handed_over_and_triggered);
}

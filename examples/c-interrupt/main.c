/*
 * Takes interrupts in C: the real-time clock's, 16 a second. The ICU is the capability `icu`, the
 * clock's I/O ports come from `sigma0`.
 */

#include <l4/re/c/util/cap_alloc.h>
#include <l4/re/env.h>
#include <l4/sys/factory.h>
#include <l4/sys/icu.h>
#include <l4/sys/ipc.h>
#include <l4/sys/irq.h>
#include <l4/sys/kip.h>
#include <l4/sys/rcv_endpoint.h>
#include <l4/sys/utcb.h>
#include <l4/util/port_io.h>

#include <stdio.h>

enum
{
    CLOCK_IRQ = 8,
    LABEL = 0xdead0,                /* the two lowest bits of a label are the kernel's */
    INDEX = 0x70, DATA = 0x71,      /* ports */
    REG_A = 10, REG_B = 11, REG_C = 12,
    RATE_16_HZ = 12,                /* in register A, below the divider */
    PERIODIC = 1 << 6,              /* in register B */
};

static unsigned clock_read(unsigned reg)
{
    l4util_out8(reg, INDEX);
    return l4util_in8(DATA);
}

static void clock_write(unsigned reg, unsigned value)
{
    l4util_out8(reg, INDEX);
    l4util_out8(value, DATA);
}

/* Asks for 2^order I/O ports from `port` on. */
static long get_ports(unsigned port, unsigned order)
{
    l4_cap_idx_t sigma0 = l4re_env_get_cap("sigma0");
    l4_fpage_t ports = l4_iofpage(port, order);

    if (l4_is_invalid_cap(sigma0))
        return -L4_ENOENT;
    l4_utcb_br()->bdr = 0;
    l4_utcb_br()->br[0] = L4_ITEM_MAP;
    l4_utcb_br()->br[1] = ports.raw;
    l4_utcb_mr()->mr[0] = ports.raw;
    l4_utcb_mr()->mr[1] = 0;

    l4_msgtag_t tag = l4_msgtag(L4_PROTO_IO_PAGE_FAULT, 2, 0, 0);
    long error = l4_error(l4_ipc_call(sigma0, l4_utcb(), tag, L4_IPC_NEVER));

    l4_utcb_br()->br[0] = 0;
    return error;
}

int main(void)
{
    l4_cap_idx_t icu = l4re_env_get_cap("icu");
    l4_cap_idx_t irq = l4re_util_cap_alloc();
    l4_cap_idx_t other = l4re_util_cap_alloc();
    const l4_kernel_info_t *kip = l4re_kip();
    l4_cpu_time_t start = 0;
    int n;

    if (l4_is_invalid_cap(icu) || l4_is_invalid_cap(irq) || l4_is_invalid_cap(other))
    {
        printf("no ICU, or no capability slot\n");
        return 1;
    }
    if (get_ports(INDEX, 1) < 0)
    {
        printf("no I/O ports\n");
        return 1;
    }
    if (l4_error(l4_factory_create_irq(l4re_env()->factory, irq)) < 0
        || l4_error(l4_factory_create_irq(l4re_env()->factory, other)) < 0
        || l4_error(l4_rcv_ep_bind_thread(irq, l4re_env()->main_thread, LABEL)) < 0)
    {
        printf("no interrupt object\n");
        return 1;
    }
    /* 0: it is unmasked at the interrupt object, 1: at the ICU. */
    long bound = l4_error(l4_icu_bind(icu, CLOCK_IRQ, irq));
    if (bound < 0)
    {
        printf("interrupt %d cannot be had: %ld\n", CLOCK_IRQ, bound);
        return 1;
    }
    if (bound == 0)
        l4_irq_unmask(irq);
    else
        l4_icu_unmask(icu, CLOCK_IRQ, 0, L4_IPC_NEVER);

    clock_write(REG_A, (clock_read(REG_A) & 0xf0) | RATE_16_HZ);
    clock_write(REG_B, clock_read(REG_B) | PERIODIC);
    clock_read(REG_C);

    for (n = 0; n <= 16; n++)
    {
        l4_umword_t label = 0;
        l4_msgtag_t tag = l4_irq_wait(irq, &label, L4_IPC_NEVER);

        if (l4_ipc_error(tag, l4_utcb()))
        {
            printf("waiting failed: %lu\n", l4_ipc_error(tag, l4_utcb()));
            return 1;
        }
        /* Reading the register tells the clock that it was heard. */
        if (label != LABEL || !(clock_read(REG_C) & PERIODIC))
            printf("not the clock's: label %#lx\n", label);
        if (n == 0)
        {
            printf("interrupt %d, label %#lx\n", CLOCK_IRQ, label);
            start = l4_kip_clock(kip);
        }
    }
    printf("16 interrupts in %llu ms\n", (l4_kip_clock(kip) - start) / 1000);

    clock_write(REG_B, clock_read(REG_B) & ~PERIODIC);
    if (l4_error(l4_irq_detach(irq)) < 0 || l4_error(l4_icu_unbind(icu, CLOCK_IRQ, irq)) < 0)
        printf("cannot be given back\n");
    if (l4_error(l4_icu_bind(icu, 1, other)) < 0)
        printf("another interrupt's line is refused\n");
    return 0;
}

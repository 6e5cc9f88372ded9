//! Requests to kernel objects with other phases than those of a call, and with arguments that are
//! not quite right.

use crate::kit::*;
use crate::same;
use l4re::sys::varg::{self, VargTag};
use l4re::sys::{
    CapIdx, Fpage, MapItem, MemRights, ObjRights, Sysf, Timeout, err, ipc_error as ie, op, proto,
};

pub const CASES: &[Case] = &[
    case(
        "objects/phases/wait (l4/sys/ipc.h: l4_ipc_send_and_wait)",
        answers_whoever_waits,
    ),
    case(
        "objects/phases/send (l4/sys/ipc.h: l4_ipc_send)",
        tag_of_a_send,
    ),
    case(
        "objects/phases/send-to-a-factory (l4/sys/factory.h)",
        unheard_creation,
    ),
    case(
        "objects/phases/none (l4/sys/consts.h: L4_SYSF_NONE)",
        no_phase,
    ),
    case(
        "objects/phases/receive-from-a-reply-capability (l4/sys/consts.h: L4_SYSF_REPLY)",
        receive_of_a_caller,
    ),
    case(
        "objects/phases/receive-from-a-factory (l4/sys/ipc.h: l4_ipc_receive)",
        silent_objects,
    ),
    case(
        "objects/selector/of-a-reply-capability (l4/sys/consts.h: L4_REPLY_CAP_BIT)",
        reply_selector,
    ),
    case(
        "objects/semaphore/starts-at-zero (l4/sys/semaphore)",
        semaphore_argument,
    ),
    case(
        "objects/semaphore/call-to-trigger (l4/sys/irq.h: l4_irq_trigger)",
        semaphore_call,
    ),
    case(
        "objects/semaphore/no-words (-L4_EINVAL)",
        semaphore_no_words,
    ),
    case(
        "objects/irq/call-to-trigger (l4/sys/irq.h: L4_IRQ_OP_TRIGGER)",
        irq_call,
    ),
    case("objects/irq/no-words (-L4_EINVAL)", irq_no_words),
    case(
        "objects/gate/decrement (l4/sys/kobject: L4::Kobject::dec_refcnt)",
        gate_decrement,
    ),
    case(
        "objects/gate/label-without-a-thread (l4/sys/factory.h: l4_factory_create_gate)",
        gate_label,
    ),
    case(
        "objects/task/cap-info (l4/sys/task.h: l4_task_cap_equal)",
        cap_info,
    ),
    case(
        "objects/task/unmap-reply (l4/sys/task.h: l4_task_unmap)",
        unmap_reply,
    ),
    case(
        "objects/task/area-as-asked-for (l4/sys/task.h: l4_task_add_ku_mem)",
        ku_mem_reply,
    ),
    case(
        "objects/thread/no-pager (l4/sys/thread.h: l4_thread_control_commit)",
        no_pager,
    ),
    case(
        "objects/thread/deletion-irq-twice (-L4_EBUSY)",
        deletion_irq_twice,
    ),
    case(
        "objects/thread/modify-senders-odd-words (l4/sys/thread.h: l4_thread_modify_sender_add)",
        odd_rules,
    ),
    case("objects/thread/ex-regs-flags (-L4_EINVAL)", ex_regs_flags),
    case(
        "objects/factory/window (l4/sys/ipc.h: l4_rcv_item)",
        creation_into_a_window,
    ),
    case(
        "objects/items/not-to-be-mapped (l4/sys/ipc.h: L4_IPC_SEMSGCUT)",
        strange_item,
    ),
];

/// No time to wait.
const AT_ONCE: Timeout = timeout_ms(0, 0);
const UNKNOWN: i64 = 0x4000;
const SINGLE: u64 = 0xa;

fn answers_whoever_waits() -> Outcome {
    let to = slot()?;
    let buffers = [to.idx().0 | SINGLE];
    let request = Msg::new(proto::FACTORY).words(&[UNKNOWN as u64]);
    let request = request.buffers(&buffers).timeout(AT_ONCE);
    same!(
        request.ipc(factory(), Sysf::SEND_AND_WAIT).code(),
        -err::ENODEV
    );
    let words = [op::task::CAP_INFO, factory().0];
    let request = Msg::new(proto::TASK).words(&words);
    let request = request.timeout(AT_ONCE);
    same!(request.ipc(CapIdx::TASK, Sysf::WAIT).code(), 1);
    Ok(())
}

fn tag_of_a_send() -> Outcome {
    let words = [op::task::CAP_INFO, factory().0];
    let request = Msg::new(proto::TASK).words(&words);
    let answer = request.send(CapIdx::TASK);
    same!((answer.code(), answer.shape().0), (proto::TASK, 2));
    let strange = Msg::new(proto::META).words(&[0x1234]);
    same!(strange.send(factory()).code(), proto::META);
    let semaphore = semaphore()?;
    same!(
        Msg::new(proto::IRQ).send(semaphore.idx()).code(),
        proto::IRQ
    );
    same!(down(semaphore.idx(), 0), 0);
    Ok(())
}

fn unheard_creation() -> Outcome {
    let to = slot()?;
    let buffers = [to.idx().0 | SINGLE];
    let request = Msg::new(proto::FACTORY).words(&[proto::IRQ_SENDER as u64]);
    let request = request.buffers(&buffers);
    same!(request.send(factory()).code(), proto::FACTORY);
    same!(cap_valid(CapIdx::TASK, to.idx()), 0);
    same!(request.call(factory()).code(), 0);
    same!(cap_valid(CapIdx::TASK, to.idx()), 1);
    Ok(())
}

fn no_phase() -> Outcome {
    let words = [op::task::CAP_INFO, factory().0];
    let request = Msg::new(proto::TASK).words(&words);
    same!(request.ipc(CapIdx::TASK, Sysf::NONE).code(), proto::TASK);
    let nobody = ipc_error(ie::NOT_EXISTENT);
    same!(request.ipc(CapIdx::INVALID, Sysf::NONE).code(), nobody);
    same!(request.ipc(CapIdx::TASK, Sysf::REPLY).code(), nobody);
    let irq = irq()?;
    let request = Msg::new(proto::IRQ_SENDER).words(&[7]);
    same!(request.ipc(irq.idx(), Sysf::NONE).code(), proto::IRQ_SENDER);
    Ok(())
}

fn receive_of_a_caller() -> Outcome {
    let nothing = Msg::new(0).timeout(AT_ONCE);
    // Whoever called before has its answer.
    nothing.reply();
    let nobody = ipc_error(ie::NOT_EXISTENT);
    same!(nothing.ipc(me(), Sysf::REPLY | Sysf::RECV).code(), nobody);
    same!(nothing.ipc(me(), Sysf::REPLY | Sysf::WAIT).code(), nobody);
    Ok(())
}

fn silent_objects() -> Outcome {
    let semaphore = semaphore()?;
    trigger(semaphore.idx());
    let request = Msg::new(proto::SEMAPHORE).words(&[op::semaphore::DOWN]);
    let request = request.timeout(AT_ONCE);
    let late = ipc_error(ie::RE_TIMEOUT);
    same!(request.ipc(semaphore.idx(), Sysf::RECV).code(), late);
    same!(request.ipc(factory(), Sysf::RECV).code(), late);
    // The count is as it was.
    same!(down(semaphore.idx(), 0), 0);
    Ok(())
}

fn reply_selector() -> Outcome {
    let oneself = CapIdx(CapIdx::TASK.0 | l4re::sys::cap::REPLY_BIT);
    let message = Msg::new(7).timeout(AT_ONCE);
    same!(message.call(oneself).code(), ipc_error(ie::SE_TIMEOUT));
    Ok(())
}

fn semaphore_argument() -> Outcome {
    let semaphore = create(proto::SEMAPHORE, &[VargTag::new(varg::UMWORD, 8).0, 3])?;
    same!(down(semaphore.idx(), 0), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn semaphore_call() -> Outcome {
    let semaphore = semaphore()?;
    let up = Msg::new(proto::IRQ).timeout(AT_ONCE);
    same!(up.call(semaphore.idx()).code(), ipc_error(ie::RE_TIMEOUT));
    same!(down(semaphore.idx(), 0), 0);
    Ok(())
}

fn semaphore_no_words() -> Outcome {
    let semaphore = semaphore()?;
    same!(
        Msg::new(proto::FACTORY).call(semaphore.idx()).code(),
        -err::EINVAL
    );
    same!(
        Msg::new(proto::SEMAPHORE).call(semaphore.idx()).code(),
        -err::EINVAL
    );
    let strange = Msg::new(proto::IRQ).words(&[0]);
    same!(strange.call(semaphore.idx()).code(), -err::ENOSYS);
    Ok(())
}

fn irq_call() -> Outcome {
    let irq = irq()?;
    same!(bind(irq.idx(), me(), 0x4440), 0);
    same!(Msg::new(proto::IRQ).call(irq.idx()).code(), 0);
    let by_word = Msg::new(proto::IRQ).words(&[op::irq::TRIGGER]);
    same!(by_word.call(irq.idx()).code(), 0);
    // Upper bits of the operation do not count.
    let by_word = Msg::new(proto::IRQ).words(&[op::irq::TRIGGER | 0x1b_0000]);
    same!(by_word.call(irq.idx()).code(), 0);
    same!(wait(0).code(), ipc_error(ie::RE_TIMEOUT));
    Ok(())
}

fn irq_no_words() -> Outcome {
    let irq = irq()?;
    for protocol in [proto::IRQ_SENDER, proto::KOBJECT, proto::FACTORY] {
        same!(Msg::new(protocol).call(irq.idx()).code(), -err::EINVAL);
    }
    let mask = Msg::new(proto::IRQ).words(&[op::icu::MASK]);
    same!(mask.call(irq.idx()).code(), -err::ENOSYS);
    Ok(())
}

fn gate_decrement() -> Outcome {
    let gate = unbound_gate()?;
    let none = Msg::new(proto::KOBJECT).words(&[op::kobject::DEC_REFCNT, 0]);
    let answer = none.call(gate.idx());
    same!((answer.code(), answer.shape().0), (0, 1));
    let count = mr(0);
    let words = [op::kobject::DEC_REFCNT, count + 5];
    let many = Msg::new(proto::KOBJECT).words(&words);
    same!(many.call(gate.idx()).code(), 0);
    same!(mr(0), 5u64.wrapping_neg());
    Ok(())
}

fn gate_label() -> Outcome {
    let gate = create(
        op::factory::GATE,
        &[VargTag::new(varg::UMWORD, 8).0, 0x4441],
    )?;
    same!(cap_valid(CapIdx::TASK, gate.idx()), 1);
    Ok(())
}

fn cap_info() -> Outcome {
    let (a, b) = (slot()?, slot()?);
    same!(cap_equal(CapIdx::TASK, a.idx(), b.idx()), 1);
    let info = |words: &[u64]| Msg::new(proto::TASK).words(words).call(CapIdx::TASK).code();
    for bits in [0x400, 0x800, 0xc00] {
        let words = [op::task::CAP_INFO, a.idx().0 | bits, b.idx().0];
        same!(info(&words), 0);
        same!(info(&[op::task::CAP_INFO, factory().0 | bits]), 0);
    }
    same!(
        info(&[op::task::CAP_INFO, a.idx().0, b.idx().0, 0]),
        -err::EINVAL
    );
    Ok(())
}

fn unmap_reply() -> Outcome {
    let to = slot()?;
    let page = Fpage::obj(to.idx(), 0, ObjRights::RWSD);
    let words = [op::task::UNMAP, 0x8000_0000, page.raw(), page.raw()];
    let answer = Msg::new(proto::TASK).words(&words).call(CapIdx::TASK);
    same!((answer.code(), answer.shape().0), (0, 4));
    same!([mr(2), mr(3)], [page.raw() & !0xf; 2]);
    Ok(())
}

fn ku_mem_reply() -> Outcome {
    let at = window(12)?;
    let page = Fpage::page(at, MemRights::RW);
    let words = [op::task::ADD_KU_MEM, page.raw()];
    let answer = Msg::new(proto::TASK).words(&words).call(CapIdx::TASK);
    same!((answer.code(), answer.shape().0), (0, 1));
    same!(mr(0), page.raw() & !0xf);
    Ok(())
}

fn no_pager() -> Outcome {
    let thread = thread_cap()?;
    let words = [op::thread::CONTROL, 0, 0, 0, 0, 0];
    let answer = Msg::new(proto::THREAD).words(&words).call(thread.idx());
    same!((answer.code(), answer.shape().0), (0, 3));
    same!([mr(1), mr(2)], [!0xfffu64; 2]);
    Ok(())
}

fn deletion_irq_twice() -> Outcome {
    let thread = thread_cap()?;
    let (first, second) = (irq()?, irq()?);
    let register = |irq: &Obj| {
        let item = [MapItem::cap(irq.idx(), ObjRights::RWS)];
        let words = [op::thread::REGISTER_DELETE_IRQ];
        let request = Msg::new(proto::THREAD).words(&words);
        request.items(&item).call(thread.idx()).code()
    };
    same!(register(&first), 0);
    same!(register(&second), -err::EBUSY);
    Ok(())
}

fn odd_rules() -> Outcome {
    let words = [op::thread::MODIFY_SENDER, !0, 1, 2, 3, 4, 5];
    let modify = Msg::new(proto::THREAD).words(&words);
    same!(modify.call(me()).code(), 0);
    let loose = thread_cap()?;
    same!(modify.call(loose.idx()).code(), -err::EINVAL);
    Ok(())
}

fn ex_regs_flags() -> Outcome {
    let thread = thread_cap()?;
    let ask = |words: &[u64]| {
        Msg::new(proto::THREAD)
            .words(words)
            .call(thread.idx())
            .code()
    };
    same!(
        ask(&[op::thread::EX_REGS | 0xff00_0000, !0, !0]),
        -err::EINVAL
    );
    same!(ask(&[op::thread::EX_REGS, !0]), -err::EINVAL);
    same!(ask(&[op::thread::EX_REGS, !0, !0]), 0);
    Ok(())
}

fn creation_into_a_window() -> Outcome {
    let to = slot()?;
    let page = Fpage::obj(to.idx(), 0, ObjRights::RWSD);
    let buffers = [8, page.raw()];
    let request = Msg::new(proto::FACTORY).words(&[proto::IRQ_SENDER as u64]);
    same!(request.buffers(&buffers).call(factory()).code(), 0);
    same!(cap_valid(CapIdx::TASK, to.idx()), 1);
    Ok(())
}

/// Without the bit that says "map" an item is not void: it needs a buffer.
fn strange_item() -> Outcome {
    let me = me();
    spawn(LOW, move || {
        let item = |control| MapItem {
            control,
            fpage: Fpage::page(0x1000, MemRights::R),
        };
        let message = Msg::new(1).timeout(timeout_ms(500, 0));
        note(0, message.items(&[item(0x2b1)]).send(me));
        note(1, message.items(&[item(0)]).send(me));
    })?;
    same!(wait(500).code(), ipc_error(ie::RE_MSG_CUT));
    same!(wait(500).code(), 1);
    settle();
    same!(counter(0) as i64, ipc_error(ie::SE_MSG_CUT));
    same!(counter(1), 1);
    Ok(())
}

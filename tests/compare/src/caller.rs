//! The child's threads, which make the calls.

use crate::excluded::excluded;
use crate::notes::{Note, PER_THREAD, WORDS, mix, notes};
use core::arch::naked_asm;
use core::sync::atomic::Ordering::Relaxed;
use l4re::sys::{BufferDesc, MsgTag, Sysf, TagFlags, UtcbRef, utcb};
use test_fuzz::child::{Answer, Registers, sleep, system_call};
use test_fuzz::layout::{Control, control};
use test_fuzz::message::{Generator, Waits};
use test_fuzz::random::Random;

/// Where a thread starts, and starts again when it went astray: its number is on its stack.
#[unsafe(naked)]
pub extern "C" fn entry() -> ! {
    naked_asm!(
        "cld",
        "xor ebp, ebp",
        "mov rdi, [rsp]",
        "and rsp, -16",
        "call {work}",
        "ud2",
        work = sym work,
    )
}

extern "C" fn work(thread: u64) -> ! {
    let thread = (thread & 1) as usize;
    let control = control();
    let at = Control::get(&control.utcb[thread]) as usize;
    // SAFETY: the parent says where the UTCB is. Should the child have spoiled that, it hurts
    // only itself.
    let utcb = unsafe { UtcbRef::new(core::ptr::with_exposed_provenance_mut(at)) };
    loop {
        let call = Control::get(&control.next[thread]);
        if call >= PER_THREAD as u64 {
            sleep();
            continue;
        }
        // Before it is made: it may not come back.
        Control::set(&control.next[thread], call + 1);
        let registers = generate(Control::get(&control.seed), thread, call, utcb);
        if excluded(&registers, utcb).is_none() {
            let answer = system_call(&registers);
            note(thread, call as usize, &registers, &answer, utcb);
        }
    }
}

/// Makes a call up: the same for the same numbers. All registers that a call may read are set.
pub fn generate(seed: u64, thread: usize, call: u64, utcb: UtcbRef) -> Registers {
    let mut random = Random::of(seed, thread as u64, call);
    for i in 0..utcb::MSG_REGS {
        utcb.set_mr(i, 0x100 + i as u64);
    }
    for i in 0..utcb::BUF_REGS {
        utcb.set_br(i, 0);
    }
    utcb.set_bdr(BufferDesc(0));
    utcb.set_error(0);
    Generator {
        random: &mut random,
        utcb,
        waits: Waits::Untimed,
    }
    .call()
}

fn note(thread: usize, call: usize, asked: &Registers, answer: &Answer, utcb: UtcbRef) {
    let phases = Sysf::from_bits_retain(asked.dest);
    let notes = notes();
    let note = &notes.of[thread][call.min(PER_THREAD - 1)];
    if answer.tag.has_error() {
        // Only that it is one is told by the rest of the tag.
        note.tag.store(u64::from(TagFlags::ERROR.bits()), Relaxed);
        note.error.store(utcb.error(), Relaxed);
    } else {
        note.tag.store(answer.tag.0, Relaxed);
        // Other receive phases know their sender, and leave anything there; so do answers of the
        // kernel, which come without a sender.
        let waits = phases.contains(Sysf::RECV | Sysf::OPEN_WAIT);
        if waits && answer.label != asked.label {
            note.label.store(answer.label, Relaxed);
        }
        // A send phase alone leaves the message as it is.
        if phases.contains(Sysf::RECV) {
            note_words(note, answer.tag, utcb);
        }
    }
    note.order.store(notes.next(), Relaxed);
}

fn note_words(note: &Note, tag: MsgTag, utcb: UtcbRef) {
    /// Of the first word of a received item: the second one is none of what was mapped.
    const SECOND: u64 = 6;
    let end = tag.words().min(utcb::MSG_REGS);
    let count = (end + 2 * tag.items()).min(utcb::MSG_REGS);
    let mut digest = 0;
    for i in 0..count {
        let is_second = i > end && (i - end) % 2 == 1;
        if is_second && utcb.mr(i - 1) & SECOND == 0 {
            continue;
        }
        digest = mix(digest, utcb.mr(i));
        if i < WORDS {
            note.words[i].store(utcb.mr(i), Relaxed);
        }
    }
    note.digest.store(digest, Relaxed);
}

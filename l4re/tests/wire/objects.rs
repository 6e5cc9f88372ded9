//! Requests to the kernel's objects that few programs make.

use crate::facts::hold_to_c;
use crate::kernel::{A, D, object};
use crate::{answered, sent_by};
use l4re::Cap;
use l4re::debugger::Debugger;
use l4re::factory::Factory;
use l4re::icu::Icu;
use l4re::iommu::Iommu;
use l4re::ipc_gate::IpcGate;
use l4re::irq::Irq;
use l4re::platform_control::PlatformControl;
use l4re::scheduler::Scheduler;
use l4re::sigma0::Sigma0;
use l4re::sys::unmap::UnmapFlags;
use l4re::sys::{CapIdx, Fpage, MemRights, ObjRights, proto};
use l4re::task::Task;
use l4re::thread::Thread;
use l4re::thread_group::{self, ThreadGroup};

#[test]
pub fn tasks() {
    let task = Cap::<Task>::new(D);
    let page = |n: u64| Fpage::page(n << 12, MemRights::RW);
    let pages = [page(1), page(2), page(3)];
    // SAFETY: nothing is mapped by the fake kernel.
    let sent = sent_by(|| unsafe { task.unmap_batch(&pages, UnmapFlags::ALL_SPACES) });
    let words = [
        (0, 1),
        (1, 0x8000_0000),
        (2, pages[0].raw()),
        (4, pages[2].raw()),
    ];
    hold_to_c(&sent, "L4::Task", "unmap_batch", &words);
    // More than a message holds.
    let mut seen = vec![];
    l4re::sys::fake::with(
        |call| {
            seen.push(call.words().len());
            l4re::sys::fake::Reply::label(0)
        },
        // SAFETY: the fake kernel unmaps nothing.
        || unsafe { task.unmap_batch(&[page(1); 130], UnmapFlags::ALL_SPACES) }.unwrap(),
    );
    assert_eq!(seen, [63, 63, 10]);
    // SAFETY: the fake kernel sets no segment. C sends words besides that it has not set.
    let sent = sent_by(|| unsafe { task.set_ldt(5, &[0x11, 0x22]) });
    assert_eq!(
        (sent.label, &sent.words[..]),
        (proto::TASK, &[0x11, 5, 0x11, 0x22][..])
    );
}

#[test]
pub fn threads() {
    let thread = Cap::<Thread>::new(D);
    let sent = sent_by(|| thread.register_doorbell_irq(Cap::new(A)));
    hold_to_c(&sent, "L4::Thread", "register_doorbell_irq", &[(0, 8)]);
    assert_eq!(sent.items[0], object(ObjRights::RWS));
    // SAFETY: there is no thread.
    unsafe {
        let sent = sent_by(|| thread.vcpu_control(0x4000, false));
        hold_to_c(&sent, "L4::Thread", "vcpu_control", &[(0, 7), (1, 0x4000)]);
        let sent = sent_by(|| thread.vcpu_control(0x4000, true));
        let words = [(0, 0x1_0007), (1, 0x4000)];
        hold_to_c(&sent, "L4::Thread", "vcpu_control_ext", &words);
        let sent = sent_by(|| thread.vcpu_resume());
        hold_to_c(&sent, "L4::Thread", "vcpu_resume", &[(0, 4)]);
        let sent = sent_by(|| thread.pf_trampoline_setup(0x5000));
        let words = [(0, 9), (1, 0x5000)];
        hold_to_c(&sent, "L4::Thread", "pf_trampoline_setup", &words);
        let sent = sent_by(|| thread.pf_trampoline_resume());
        hold_to_c(
            &sent,
            "L4::Thread",
            "pf_trampoline_resume",
            &[(0, 0x1_0009)],
        );
        let sent = sent_by(|| thread.pf_trampoline_reflect());
        hold_to_c(
            &sent,
            "L4::Thread",
            "pf_trampoline_reflect",
            &[(0, 0x2_0009)],
        );
        let sent = sent_by(|| thread.set_gs_base(0x6000));
        let words = [(0, 0x1_0012), (1, 0x6000)];
        hold_to_c(&sent, "L4::Thread", "set_segment_base (amd64, GS)", &words);
        let sent = sent_by(|| thread.set_gdt(16, &[0x11, 0x22]));
        let words = [(0, 0x10), (1, 16), (2, 0x11), (3, 0x22)];
        hold_to_c(&sent, "L4::Thread", "gdt_set (x86)", &words);
    }
    let sent = sent_by(|| thread.pf_trampoline_disable());
    hold_to_c(
        &sent,
        "L4::Thread",
        "pf_trampoline_disable",
        &[(0, 0x3_0009)],
    );
    let was = |word| answered(&[word], || thread.pf_trampoline_disable()).unwrap();
    assert!(was(1) && !was(0));
    let sent = sent_by(|| thread.pf_trampoline_enable());
    hold_to_c(
        &sent,
        "L4::Thread",
        "pf_trampoline_enable",
        &[(0, 0x4_0009)],
    );
    let sent = sent_by(|| thread.gdt_entry_offset());
    hold_to_c(
        &sent,
        "L4::Thread",
        "gdt_get_entry_offset (x86)",
        &[(0, 0x10)],
    );
    assert_eq!(answered(&[9], || thread.gdt_entry_offset()), Ok(9));
    let sent = sent_by(|| thread.segment_info());
    hold_to_c(&sent, "L4::Thread", "segment_info (amd64)", &[(0, 0x13)]);
    let info = answered(&[1, 2, 3], || thread.segment_info()).unwrap();
    assert_eq!((info.user_ds, info.user_cs64, info.user_cs32), (1, 2, 3));
}

#[test]
pub fn factories_and_groups() {
    let factory = Cap::<Factory>::new(D);
    let word = |label: i64| label as u64;
    let sent = sent_by(|| factory.create_vm());
    hold_to_c(&sent, "L4::Factory", "create_vm", &[(0, word(proto::VM))]);
    let sent = sent_by(|| factory.create_vcpu_context());
    let words = [(0, word(proto::VCPU_CONTEXT))];
    hold_to_c(&sent, "L4::Factory", "create_vcpu_context", &words);
    let policy = thread_group::POLICY_SOFT_CORE_LOCAL;
    let sent = sent_by(|| factory.create_thread_group(policy));
    let words = [(0, word(proto::THREAD_GROUP)), (1, 1 | 8 << 16), (2, 1)];
    hold_to_c(&sent, "L4::Factory", "create_thread_group", &words);
    let sent = sent_by(|| factory.create_dma_space());
    assert_eq!(sent.words, [word(proto::DMA_SPACE)]);
    let group = Cap::<ThreadGroup>::new(D);
    let sent = sent_by(|| group.add_thread(Cap::new(A)));
    hold_to_c(&sent, "L4::Thread_group", "add", &[(0, 2)]);
    assert_eq!(sent.items[0], object(ObjRights::RWS));
    let sent = sent_by(|| group.remove_thread(Cap::new(A)));
    hold_to_c(&sent, "L4::Thread_group", "remove", &[(0, 3)]);
    let sent = sent_by(|| Cap::<IpcGate>::new(D).bind_group(Cap::new(A), 0x88));
    let words = [(0, 0x10), (1, 0x88)];
    hold_to_c(&sent, "L4::Rcv_endpoint", "bind_snd_destination", &words);
}

#[test]
pub fn interrupts_and_processors() {
    let icu = Cap::<Icu>::new(D);
    let sent = sent_by(|| icu.msi_info(0x8000_0003, 0x10_0000));
    let words = [(0, 3), (1, 0x8000_0003), (2, 0x10_0000)];
    hold_to_c(&sent, "L4::Icu", "msi_info (C)", &words);
    let info = answered(&[0xfee0_0000, 0x41], || icu.msi_info(0, 0)).unwrap();
    assert_eq!((info.addr, info.data), (0xfee0_0000, 0x41));
    let sent = sent_by(|| Cap::<Irq>::new(D).bind_vcpu(Cap::new(A), 0x55));
    hold_to_c(&sent, "L4::Irq", "bind_vcpu", &[(0, 2), (1, 0x55)]);
    let scheduler = Cap::<Scheduler>::new(D);
    let sent = sent_by(|| scheduler.is_online(3));
    hold_to_c(&sent, "L4::Scheduler", "is_online", &[(0, 0), (1, 3)]);
    assert_eq!(answered(&[1, 4, 1], || scheduler.is_online(0)), Ok(true));
    assert_eq!(answered(&[2, 4, 1], || scheduler.is_online(0)), Ok(false));
    let iommu = Cap::<Iommu>::new(D);
    let sent = sent_by(|| iommu.bind(7, Cap::new(A)));
    assert_eq!((sent.label, &sent.words[..]), (proto::IOMMU, &[0, 7][..]));
    assert_eq!(answered(&[1, 9], || iommu.bind(7, Cap::new(A))), Ok(1..=9));
    let sent = sent_by(|| iommu.unbind(7, Cap::new(A)));
    assert_eq!(
        (sent.items[0], &sent.words[..]),
        (object(ObjRights::RWS), &[1, 7][..])
    );
}

#[test]
pub fn the_machine() {
    let machine = Cap::<PlatformControl>::new(D);
    let sent = sent_by(|| machine.system_suspend(9));
    let words = [(0, 0), (1, 9)];
    hold_to_c(&sent, "L4::Platform_control", "system_suspend (C)", &words);
    let sent = sent_by(|| machine.cpu_allow_shutdown(9, true));
    let words = [(0, 2), (1, 9), (2, 1)];
    hold_to_c(
        &sent,
        "L4::Platform_control",
        "cpu_allow_shutdown (C)",
        &words,
    );
    let sent = sent_by(|| machine.cpu_enable(9));
    hold_to_c(
        &sent,
        "L4::Platform_control",
        "cpu_enable (C)",
        &[(0, 3), (1, 9)],
    );
    let sent = sent_by(|| machine.cpu_disable(9));
    hold_to_c(
        &sent,
        "L4::Platform_control",
        "cpu_disable (C)",
        &[(0, 4), (1, 9)],
    );
    let sigma0 = Cap::<Sigma0>::new(D);
    let (phys, to) = (0xfed0_0000, 0x5000_0000);
    let hold = |sent: crate::Sent, op, request: u64| {
        let arg = Fpage::memory(phys, 12, MemRights::RWX).raw();
        hold_to_c(&sent, "sigma0", op, &[(0, request), (1, arg)]);
        let window = Fpage::memory(to, 12, MemRights::RWX).raw();
        assert_eq!(sent.buffers, [8, window]);
    };
    // SAFETY: there is no sigma0.
    unsafe {
        let sent = sent_by(|| sigma0.map_iomem(phys, 12, to, false));
        hold(sent, "map_iomem uncached", !0xff | 0x70);
        let sent = sent_by(|| sigma0.map_iomem(phys, 12, to, true));
        hold(sent, "map_iomem cached", !0xff | 0x80);
        let sent = sent_by(|| sigma0.map_ram(phys, 12, to));
        hold(sent, "map_mem", !0xff | 0x60);
    }
    let sent = sent_by(|| sigma0.debug_dump());
    hold_to_c(&sent, "sigma0", "debug_dump", &[(0, !0xff | 0xc0)]);
}

#[test]
pub fn debugger() {
    let debugger = Cap::<Debugger>::KERNEL;
    let thread = Cap::<Thread>::new(A);
    let own = (8, Fpage::obj(CapIdx::DEBUGGER, 0, ObjRights::RWS).raw());
    let letters = |text: &[u8; 8]| u64::from_le_bytes(*text);
    let name = letters(b"name_of_");

    let sent = sent_by(|| debugger.set_object_name(thread, "name_of_obj"));
    let op = "set_object_name (11 chars)";
    hold_to_c(&sent, "L4::Debugger", op, &[(0, 0x100), (1, name)]);
    assert_eq!(sent.bytes()[16..20], *b"obj\0");
    assert_eq!(
        (sent.dest, sent.items[0]),
        (CapIdx::DEBUGGER, object(ObjRights::RWS))
    );
    let sent = sent_by(|| debugger.object_name(thread));
    hold_to_c(&sent, "L4::Debugger", "get_object_name", &[(0, 0x108)]);
    let named = answered(&[name, 0x6a_626f], || debugger.object_name(thread));
    assert_eq!(named.unwrap(), "name_of_obj");
    let sent = sent_by(|| debugger.global_id(thread));
    hold_to_c(&sent, "L4::Debugger", "global_id", &[(0, 0x101)]);
    let sent = sent_by(|| debugger.kernel_object_id(0x77));
    hold_to_c(
        &sent,
        "L4::Debugger",
        "kobj_to_id",
        &[(0, 0x102), (1, 0x77)],
    );
    assert_eq!(sent.items[0], own);
    let sent = sent_by(|| debugger.name_of_id(6));
    hold_to_c(
        &sent,
        "L4::Debugger",
        "query_object_name",
        &[(0, 0x105), (1, 6)],
    );
    let logname = letters(b"logname\0");
    let sent = sent_by(|| debugger.log_type("logname", 4));
    let words = [(0, 0x103), (1, 4), (2, logname)];
    hold_to_c(&sent, "L4::Debugger", "query_log_typeid", &words);
    let sent = sent_by(|| debugger.switch_log("logname", true));
    let words = [(0, 0x104), (1, 1), (2, logname)];
    hold_to_c(&sent, "L4::Debugger", "switch_log", &words);
    let sent = sent_by(|| debugger.log_name(4));
    hold_to_c(
        &sent,
        "L4::Debugger",
        "query_log_name",
        &[(0, 0x106), (1, 4)],
    );
    let both = answered(&[letters(b"long\0sh\0")], || debugger.log_name(4));
    assert_eq!(both.unwrap(), ("long".into(), "sh".into()));
    let sent = sent_by(|| debugger.add_image_info(Cap::new(A), 0x77000, "imgname"));
    let words = [(0, 0x107), (1, 0x77000), (2, letters(b"imgname\0"))];
    hold_to_c(&sent, "L4::Debugger", "add_image_info", &words);
    assert_eq!(sent.items[0], object(ObjRights::RWS));
    let memory = Fpage::memory(0x2000, 13, MemRights::RW);
    // SAFETY: nothing is written by the fake kernel.
    let sent = sent_by(|| unsafe { debugger.object_infos(memory, 3) });
    let words = [(0, 0x110), (1, 0x2000), (2, 0x2000), (3, 3)];
    hold_to_c(&sent, "L4::Debugger", "query_obj_infos", &words);

    let text = letters(b"abcdefgh");
    let sent = sent_by(|| debugger.enter("abcdefgh"));
    hold_to_c(&sent, "kdebug", "enter(text)", &[(0, 0), (1, 8), (2, text)]);
    let sent = sent_by(|| debugger.write("abcdefgh"));
    hold_to_c(&sent, "kdebug", "outnstring", &[(0, 2), (1, 8), (2, text)]);
}

#[test]
pub fn long_names_are_cut_at_characters() {
    let debugger = Cap::<Debugger>::KERNEL;
    let long = "ü".repeat(400);
    let sent = sent_by(|| debugger.set_object_name(Cap::<Thread>::new(A), &long));
    // 63 words, less the operation and the item.
    assert_eq!((sent.words.len(), sent.items.len()), (61, 1));
    assert_eq!(sent.bytes()[8..10], *"ü".as_bytes());
    assert_eq!(sent.bytes()[485..487], [0xbc, 0]);
    let sent = sent_by(|| debugger.switch_log(&long, false));
    assert_eq!(sent.bytes()[16 + 30..16 + 32], [0, 0]);
    let mut written = vec![];
    l4re::sys::fake::with(
        |call| {
            let bytes = call.bytes();
            let len = call.words()[1] as usize;
            written.extend_from_slice(&bytes[16..16 + len]);
            l4re::sys::fake::Reply::label(0)
        },
        || debugger.write(&long).unwrap(),
    );
    assert_eq!(written, long.as_bytes());
    let zero = sent_by(|| debugger.enter("a\0b"));
    assert_eq!(zero.words[1], 1);
}

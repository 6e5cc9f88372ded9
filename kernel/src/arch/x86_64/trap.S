# Trap entry. A trap from user mode pushes its frame straight into the saved registers
# of the current thread: the processor's stack for ring 0 is the end of that block
# (`cpu::switch_to`). The block's layout is `l4_exc_regs_t`.
#
# What may come between any two instructions of the kernel has a stack of its own: its
# frame is there, wherever it came from, and neither `gs` nor a thread is touched.

.text
.macro SAVE
    push rax
    push rcx
    push rdx
    push rbx
    sub rsp, 8                          # page-fault address, for the handler to fill
    push rbp
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    cld
.endm

.macro STUB vector
    .align 16
    .if !((\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 21) || (\vector == 29) || (\vector == 30))
    push 0
    .endif
    push \vector
    .if (\vector == 2) || (\vector == 8) || (\vector == 18)
    jmp trap_own_stack
    .else
    jmp trap_common
    .endif
.endm

.align 16
.global trap_stubs
trap_stubs:
.set vector, 0
.rept 256
    STUB vector
    .set vector, vector + 1
.endr

trap_own_stack:
    SAVE
    mov rdi, rsp
    xor ebp, ebp
    and rsp, -16
    call {from_own_stack}
    ud2

trap_common:
    SAVE
.global trap_clac
trap_clac:
    .byte 0x0f, 0x1f, 0x00              # nop; `clac` where there is SMAP (cpu::protect)
    test byte ptr [rsp + {CS}], 3
    jnz 2f
    test byte ptr [rsp + {FLAGS} + 2], 2    # virtual 8086 mode: see trap::from_user
    jz 1f
2:  swapgs
    mov rdi, gs:[{CURRENT}]
    mov byte ptr [rdi + {EXIT}], 1
    mov rsp, gs:[{KSTACK}]
    xor ebp, ebp
    call {from_user}
    jmp {resume}
1:  mov rdi, rsp
    mov rbx, rsp
    and rsp, -16
    call {from_kernel}
    mov rsp, rbx
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rbp
    add rsp, 8
    pop rbx
    pop rdx
    pop rcx
    pop rax
    add rsp, 16
    iretq

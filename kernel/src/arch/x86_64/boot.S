# Multiboot entry: from 32-bit protected mode without paging to 64-bit mode in the
# kernel's own address space. The boot tables map the first 4 GiB twice, as they are
# and at PHYS_BASE; the kernel image is mapped at KERNEL_OFFSET. `paging::init` replaces
# them by tables without a writable and executable page.

.set KERNEL_OFFSET, 0xffffffff80000000
.set MB_MAGIC, 0x1badb002
# page-align modules, memory information, address fields valid
.set MB_FLAGS, 0x00010003

.section .boot.header, "ax"
.align 4
mb_header:
    .long MB_MAGIC
    .long MB_FLAGS
    .long -(MB_MAGIC + MB_FLAGS)
    .long mb_header
    .long _image_phys_start
    .long _load_phys_end
    .long _image_phys_end
    .long _boot_start

.section .boot, "awx"
.code32
.global _boot_start
_boot_start:
    cli
    cld
    cmp $0x2badb002, %eax
    jne 9f
    mov %ebx, %edi                      # multiboot information, for `start`
    # four page directories of 2 MiB pages: 0..4 GiB
    mov $boot_pd, %ebx
    mov $0x83, %eax                     # present, writable, large
    mov $2048, %ecx
1:  mov %eax, (%ebx)
    movl $0, 4(%ebx)
    add $0x200000, %eax
    add $8, %ebx
    loop 1b
    # the directories into one pointer table (low and direct map)
    mov $boot_pd + 3, %eax
    mov $boot_pdpt, %ebx
    mov $4, %ecx
2:  mov %eax, (%ebx)
    add $4096, %eax
    add $8, %ebx
    loop 2b
    # kernel image: entry 510 of its own pointer table
    movl $boot_pd + 3, boot_pdpt_kernel + 510 * 8
    movl $boot_pdpt + 3, boot_pml4
    movl $boot_pdpt + 3, boot_pml4 + 256 * 8
    movl $boot_pdpt_kernel + 3, boot_pml4 + 511 * 8

    mov %cr4, %eax
    or $0x6a0, %eax                     # PAE, PGE, OSFXSR, OSXMMEXCPT
    mov %eax, %cr4
    mov $boot_pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx               # EFER: SCE, LME, NXE
    rdmsr
    or $0x901, %eax
    wrmsr
    mov %cr0, %eax
    and $0xfffffffb, %eax               # no FPU emulation
    or $0x80010022, %eax                # PG, WP, NE, MP
    mov %eax, %cr0
    lgdt boot_gdt_ptr
    ljmp $8, $3f
9:  hlt
    jmp 9b

.code64
3:  mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %fs
    mov %eax, %gs
    movabs $_boot_stack_top, %rsp
    xor %ebp, %ebp
    movabs $start, %rax
    call *%rax
4:  hlt
    jmp 4b

.align 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff            # 64-bit code
    .quad 0x00cf93000000ffff            # data
boot_gdt_ptr:
    .word . - boot_gdt - 1
    .long boot_gdt

.align 4096
boot_pml4:        .fill 4096, 1, 0
boot_pdpt:        .fill 4096, 1, 0
boot_pdpt_kernel: .fill 4096, 1, 0
boot_pd:          .fill 4 * 4096, 1, 0

.section .bss.stack, "aw", @nobits
.align 4096
.global _boot_stack_guard
_boot_stack_guard:
    .fill 4096, 1, 0
    .fill 64 * 1024, 1, 0
.global _boot_stack_top
_boot_stack_top:
.text

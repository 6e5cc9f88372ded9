use std::alloc::{Layout, alloc, dealloc};

const SIZE: usize = 64 << 10;

fn deep(n: u64) -> u64 {
    if n == 0 { 0 } else { std::hint::black_box(n) + deep(n - 1) }
}

fn main() {
    let layout = Layout::from_size_align(SIZE, 4096).unwrap();
    // SAFETY: the layout has a size; the stack is this memory's and is left before it is freed.
    let (sum, there) = unsafe {
        let stack = alloc(layout);
        let result = psm::on_stack(stack, SIZE, || (deep(100), psm::stack_pointer() as usize));
        assert!((stack as usize..stack as usize + SIZE).contains(&result.1));
        dealloc(stack, layout);
        result
    };
    assert_eq!(sum, 5050);
    assert!(there.abs_diff(psm::stack_pointer() as usize) > SIZE);
    println!("ok");
}

#[inline(never)]
fn inner(frames: &mut Vec<usize>) {
    backtrace::trace(|frame| {
        frames.push(frame.ip() as usize);
        true
    });
}

#[inline(never)]
fn outer(frames: &mut Vec<usize>) {
    inner(frames);
    std::hint::black_box(frames);
}

fn main() {
    let mut frames = Vec::new();
    outer(&mut frames);
    let within = |function: usize| {
        (frames.iter()).any(|&address| (function..function + 0x1000).contains(&address))
    };
    assert!(within(inner as usize) && within(outer as usize) && within(main as usize));
    assert!(frames.len() >= 4, "{frames:x?}");
    println!("ok");
}

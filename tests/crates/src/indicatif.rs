use indicatif::{HumanBytes, InMemoryTerm, ProgressBar, ProgressDrawTarget, ProgressStyle};

fn main() {
    let screen = InMemoryTerm::new(5, 60);
    let bar = ProgressBar::with_draw_target(
        Some(8),
        ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 200),
    );
    bar.set_style(ProgressStyle::with_template("[{bar:8}] {pos}/{len} {msg}").unwrap().progress_chars("#- "));
    for _ in 0..4 {
        bar.inc(1);
    }
    bar.set_message("half");
    bar.tick();
    std::thread::sleep(std::time::Duration::from_millis(20));
    bar.tick();
    assert!(screen.contents().contains("4/8 half"), "{}", screen.contents());
    bar.finish();
    assert!(screen.contents().contains("[########] 8/8"), "{}", screen.contents());
    assert_eq!(HumanBytes(3 << 20).to_string(), "3.00 MiB");
    println!("ok");
}

use corosensei::{Coroutine, CoroutineResult};

fn main() {
    let mut routine = Coroutine::new(|yielder, first: u32| {
        let second = yielder.suspend(first + 1);
        let third = yielder.suspend(second + 1);
        third * 2
    });
    assert_eq!(routine.resume(1), CoroutineResult::Yield(2));
    assert_eq!(routine.resume(10), CoroutineResult::Yield(11));
    assert_eq!(routine.resume(100), CoroutineResult::Return(200));
    assert!(routine.done());
    // Dropped in the middle: what is on its stack is dropped, too.
    let kept = std::rc::Rc::new(());
    let inside = kept.clone();
    let mut routine = Coroutine::<(), (), ()>::new(move |yielder, ()| {
        let _inside = inside;
        yielder.suspend(());
    });
    routine.resume(());
    assert_eq!(std::rc::Rc::strong_count(&kept), 2);
    drop(routine);
    assert_eq!(std::rc::Rc::strong_count(&kept), 1);
    // A panic inside comes out of `resume`.
    let mut routine = Coroutine::<(), (), ()>::new(|_, ()| panic!("on purpose"));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| routine.resume(())));
    let payload = caught.unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"on purpose"));
    println!("ok");
}

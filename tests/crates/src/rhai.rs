use rhai::{Engine, Scope};

fn main() {
    let mut engine = Engine::new();
    engine.register_fn("twice", |n: i64| n * 2);
    let mut scope = Scope::new();
    scope.push("x", 20_i64);
    let text = "let sum = 0; for n in 0..x { sum += n; } twice(sum) + [1, 2, 3].len()";
    assert_eq!(engine.eval_with_scope::<i64>(&mut scope, text).unwrap(), 383);
    assert!(engine.eval::<i64>("nothing + 1").is_err());
    engine.set_max_operations(1_000);
    assert!(engine.run("loop {}").is_err());
    println!("ok");
}

use wasmi::{Engine, Func, Instance, Linker, Module, Store};

fn main() {
    let text = r#"(module
        (import "host" "twice" (func $twice (param i32) (result i32)))
        (func (export "run") (param i32) (result i32)
            local.get 0 call $twice i32.const 1 i32.add)
        (func (export "trap") unreachable))"#;
    let engine = Engine::default();
    let module = Module::new(&engine, text.as_bytes()).unwrap();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.define("host", "twice", Func::wrap(&mut store, |n: i32| n * 2)).unwrap();
    let instance: Instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 20).unwrap(), 41);
    let trap = instance.get_typed_func::<(), ()>(&store, "trap").unwrap();
    assert!(trap.call(&mut store, ()).is_err());
    println!("ok");
}

use mlua::{Function, Lua};

fn main() {
    let lua = Lua::new();
    let twice = lua.create_function(|_, n: i64| Ok(n * 2)).unwrap();
    lua.globals().set("twice", twice).unwrap();
    let text = "local s = 0 for i = 1, 10 do s = s + twice(i) end return s, ('x'):rep(3)";
    assert_eq!(lua.load(text).eval::<(i64, String)>().unwrap(), (110, "xxx".to_owned()));
    let error = lua.load("error('on purpose')").exec().unwrap_err();
    assert!(error.to_string().contains("on purpose"));
    let routine = lua.load("coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)");
    let next: Function = routine.eval().unwrap();
    assert_eq!(next.call::<i64>(()).unwrap() + next.call::<i64>(()).unwrap(), 3);
    assert_eq!(lua.load("return 7 // 2, 2^0.5").eval::<(i64, f64)>().unwrap(), (3, 2.0_f64.sqrt()));
    println!("ok");
}

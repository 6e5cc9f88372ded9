struct Flag(&'static str);

inventory::collect!(Flag);
inventory::submit! { Flag("one") }
inventory::submit! { Flag("two") }

mod elsewhere {
    inventory::submit! { super::Flag("three") }
}

fn main() {
    let mut flags: Vec<&str> = inventory::iter::<Flag>().map(|flag| flag.0).collect();
    flags.sort_unstable();
    assert_eq!(flags, ["one", "three", "two"]);
    println!("ok");
}

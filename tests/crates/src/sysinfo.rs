use sysinfo::System;

fn main() {
    assert!(sysinfo::IS_SUPPORTED_SYSTEM, "sysinfo knows no such system");
    let system = System::new_all();
    assert!(system.total_memory() > 0);
    assert!(!system.cpus().is_empty());
    println!("ok");
}

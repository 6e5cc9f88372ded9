fn main() {
    // SAFETY: the library's constructors are of no concern here.
    let library = unsafe { libloading::Library::new("/rom/libsample.so") };
    assert!(library.is_ok(), "{:?}", library.err());
    println!("ok");
}

use memmap2::{Mmap, MmapMut};

fn main() {
    let mut memory = MmapMut::map_anon(100_000).unwrap();
    assert!(memory.iter().all(|&byte| byte == 0));
    memory[99_999] = 5;
    let memory = memory.make_read_only().unwrap();
    assert_eq!(memory[99_999], 5);
    // The program's own file.
    let file = std::fs::File::open("/rom/crates-memmap2").unwrap();
    // SAFETY: nobody writes to the file.
    let image = unsafe { Mmap::map(&file) }.unwrap();
    assert_eq!(&image[..4], b"\x7fELF");
    assert_eq!(image.len() as u64, file.metadata().unwrap().len());
    println!("ok");
}

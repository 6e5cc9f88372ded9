use super::*;
use std::format;
use std::vec;
use std::vec::Vec;

/// A program header to be.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub address: u64,
    pub file_size: u64,
    pub memory_size: u64,
}

/// Loads `size` bytes from `offset` to `address`.
pub(crate) fn part(flags: u32, offset: u64, address: u64, size: u64) -> Part {
    Part {
        kind: PT_LOAD,
        flags,
        offset,
        address,
        file_size: size,
        memory_size: size,
    }
}

/// An ELF file of `size` bytes with these parts, which starts at `entry`.
pub(crate) fn elf(entry: u64, parts: &[Part], size: usize) -> Vec<u8> {
    let mut file = vec![0; 64];
    file[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(16, &ET_EXEC.to_le_bytes());
    put(18, &EM_X86_64.to_le_bytes());
    put(20, &1u32.to_le_bytes());
    put(24, &entry.to_le_bytes());
    put(32, &64u64.to_le_bytes());
    put(52, &64u16.to_le_bytes());
    put(54, &56u16.to_le_bytes());
    put(56, &(parts.len() as u16).to_le_bytes());
    for p in parts {
        file.extend_from_slice(&p.kind.to_le_bytes());
        file.extend_from_slice(&p.flags.to_le_bytes());
        let words = [
            p.offset,
            p.address,
            p.address,
            p.file_size,
            p.memory_size,
            4096,
        ];
        file.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }
    file.resize(size, 0xcc);
    file
}

/// Code at 0x1000000, data at 0x1002100 with zeros behind.
pub(crate) fn program() -> Vec<u8> {
    let data = Part {
        memory_size: 0x3000,
        ..part(PF_R | PF_W, 0x1100, 0x100_2100, 0x200)
    };
    elf(
        0x100_0200,
        &[part(PF_R | PF_X, 0, 0x100_0000, 0x1100), data],
        0x1300,
    )
}

fn error(parts: &[Part]) -> ImageError {
    let code = part(PF_R | PF_X, 0, 0x100_0000, 0x1000);
    let mut all = vec![code];
    all.extend_from_slice(parts);
    Image::read(&elf(0x100_0000, &all, 0x3000)).unwrap_err()
}

#[test]
fn a_program_is_put_into_pages() {
    let image = Image::read(&program()).unwrap();
    assert_eq!(image.entry, 0x100_0200);
    let rw = MemRights::RW;
    assert_eq!(
        *image.segments,
        [
            Segment {
                start: 0x100_0000,
                size: 0x2000,
                file: 0..0x1100,
                lead: 0,
                rights: MemRights::RX,
                copy: false,
            },
            Segment {
                start: 0x100_2000,
                size: 0x4000,
                file: 0x1000..0x1300,
                lead: 0x100,
                rights: rw,
                copy: true,
            },
        ]
    );
    assert_eq!(
        image.headers,
        Some(Headers {
            address: 0x100_0040,
            count: 2,
            size: 56
        })
    );
    assert_eq!(image.span(), 0x100_0000..0x100_6000);
}

#[test]
fn files_for_others_are_named() {
    let say = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = program();
        change(&mut file);
        format!("{}", Image::read(&file).unwrap_err())
    };
    assert_eq!(say(&|f| f[0] = 0), "not an ELF file");
    assert_eq!(say(&|f| f.clear()), "not an ELF file");
    assert_eq!(
        say(&|f| f[18] = 183),
        "an ELF file for another machine: number 183, not 62 (x86-64)"
    );
    assert_eq!(
        say(&|f| f[16] = 1),
        "not a program but an ELF file of type 1"
    );
    let truncated = "truncated: the file ends before its segments do";
    for len in [4, 16, 63, 64, 100, 0x12ff] {
        assert_eq!(say(&|f| f.truncate(len)), truncated, "{len} bytes");
    }
    let big_endian = |f: &mut Vec<u8>| {
        f[5] = 2;
        f[18..20].copy_from_slice(&[0, 21]);
    };
    assert_eq!(
        say(&big_endian),
        "an ELF file for another machine: number 21, not 62 (x86-64)"
    );
}

#[test]
fn a_file_of_32_bits_is_named() {
    let mut file = vec![0; 256];
    file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    file[16] = 2;
    file[18] = 3;
    file[20] = 1;
    assert_eq!(Image::read(&file), Err(ImageError::Not64Bit));
}

#[test]
fn segments_must_make_sense() {
    let rw = PF_R | PF_W;
    assert_eq!(
        error(&[part(rw, 0x1000, 0x100_0800, 0x10)]),
        ImageError::Malformed(0x100_0800)
    );
    let larger = Part {
        memory_size: 0x10,
        ..part(rw, 0x1000, 0x200_0000, 0x20)
    };
    assert_eq!(error(&[larger]), ImageError::Malformed(0x200_0000));
    assert_eq!(
        error(&[part(rw, 0x800, 0x100_0800, 0x10)]),
        ImageError::Overlap(0x100_0000)
    );
    assert_eq!(
        error(&[part(rw, 0x2000, 0x200_0000, 0x1001)]),
        ImageError::Truncated
    );
    assert_eq!(
        error(&[part(rw, 0, 0x200_0000, u64::MAX)]),
        ImageError::OutOfRange(0x200_0000)
    );
    let bss = |address, memory_size| Part {
        file_size: 0,
        memory_size,
        ..part(rw, 0, address, 0)
    };
    let top = 0x7fff_ffff_e000;
    assert_eq!(error(&[bss(top, 0x3000)]), ImageError::OutOfRange(top));
    assert_eq!(
        error(&[bss(u64::MAX - 5, 10)]),
        ImageError::OutOfRange(u64::MAX - 5)
    );
    assert_eq!(error(&[bss(0, 0x10)]), ImageError::OutOfRange(0));
    let interpreter = Part {
        kind: PT_INTERP,
        ..part(PF_R, 0, 0, 8)
    };
    assert_eq!(error(&[interpreter]), ImageError::Dynamic);
    let aux = Part {
        kind: PT_L4_AUX,
        ..part(PF_R, 0x2ff8, 0, 0x100)
    };
    assert_eq!(error(&[aux]), ImageError::Truncated);
}

#[test]
fn the_entry_must_be_code() {
    let file = elf(
        0x100_0000,
        &[part(PF_R | PF_W, 0, 0x100_0000, 0x1000)],
        0x1000,
    );
    assert_eq!(Image::read(&file), Err(ImageError::NoEntry(0x100_0000)));
    assert_eq!(
        Image::read(&elf(0, &[], 0x1000)),
        Err(ImageError::OutOfRange(0))
    );
}

#[test]
fn wishes_are_read() {
    let aux = Part {
        kind: PT_L4_AUX,
        ..part(PF_R, 0x800, 0, 0x100)
    };
    let code = part(PF_R | PF_X, 0, 0x100_0000, 0x1000);
    let read = |words: &[u64]| {
        let mut file = elf(0x100_0000, &[code, aux], 0x1000);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        file[0x800..0x800 + bytes.len()].copy_from_slice(&bytes);
        Image::read(&file).map(|image| image.wishes)
    };
    let words = [
        elf_aux::STACK_SIZE,
        24,
        0x2_0000,
        elf_aux::STACK_ADDR,
        24,
        0x7000_0000,
        elf_aux::KIP_ADDR,
        24,
        0x6fff_f000,
        elf_aux::VMA,
        32,
        0x1000,
        0x1fff,
        77,
        16,
        0,
        5,
    ];
    assert_eq!(
        read(&words),
        Ok(Wishes {
            stack_size: Some(0x2_0000),
            stack_address: Some(0x7000_0000),
            kip_address: Some(0x6fff_f000),
            reserved: List::copy_of(&[(0x1000, 0x1fff)]).unwrap(),
        })
    );
    for bad in [
        [2, 0, 1],
        [2, 8, 1],
        [2, u64::MAX, 1],
        [2, 16, 0],
        [1, 24, 0],
    ] {
        assert_eq!(read(&bad), Err(ImageError::BadAux), "{bad:?}");
    }
}

#[test]
fn a_relocatable_file_can_be_moved() {
    let mut file = elf(0x200, &[part(PF_R | PF_X, 0, 0, 0x1000)], 0x1000);
    file[16] = ET_DYN as u8;
    let image = Image::read(&file).unwrap();
    assert!(image.relocatable);
    let moved = image.moved(0xa000_0000).unwrap();
    assert_eq!(
        (moved.entry, moved.span()),
        (0xa000_0200, 0xa000_0000..0xa000_1000)
    );
    assert_eq!(moved.headers.map(|h| h.address), Some(0xa000_0040));
    let image = Image::read(&file).unwrap();
    assert!(image.moved(u64::MAX - 0xfff).is_err());
}

/// Whatever is wrong with a file, reading it gives an error or an image that holds together.
#[test]
fn damaged_files_do_no_damage() {
    let good = program();
    let mut seed = 3u64;
    for _ in 0..if cfg!(miri) { 100 } else { 50_000 } {
        let mut file = good.clone();
        for _ in 0..3 {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let at = (seed >> 33) as usize % 176;
            file[at] = (seed >> 20) as u8;
        }
        let Ok(image) = Image::read(&file) else {
            continue;
        };
        for segment in &image.segments {
            assert!(segment.start % PAGE == 0 && segment.size % PAGE_SIZE == 0);
            assert!(segment.file.end <= file.len() && segment.file.len() <= segment.size);
            assert!(segment.end() <= USER_SPACE.end);
        }
        assert!(
            image
                .segments
                .windows(2)
                .all(|pair| pair[0].end() <= pair[1].start)
        );
    }
}

//! Files that are written.

use crate::c;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Writes, reads, renames and removes files of `/tmp`.
pub fn all() -> io::Result<()> {
    let room = std::env::temp_dir().join("notes");
    let (file, copy) = (room.join("a.txt"), room.join("copy.txt"));

    fs::create_dir(&room)?;
    fs::write(&file, "one, two")?;
    let mut more = OpenOptions::new().append(true).open(&file)?;
    write!(more, ", three")?;
    println!("{}: {}", file.display(), fs::read_to_string(&file)?);
    assert_eq!(fs::copy(&file, &copy)?, 15);
    fs::create_dir_all(room.join("deep/er"))?;
    println!("{} has {}", room.display(), list(&room)?.join(", "));

    let mut rest = File::options().read(true).write(true).open(&copy)?;
    rest.set_len(3)?;
    println!("cut to 3: {}", io::read_to_string(&rest)?);
    rest.seek(SeekFrom::Start(6))?;
    rest.write_all(b"two")?;
    let text = fs::read(&copy)?;
    println!(
        "at 6: {}",
        text[3..].escape_ascii().to_string().replace("\\x00", "-")
    );

    fs::rename(&copy, room.join("deep/er/moved"))?;
    assert!(!copy.exists() && room.join("deep/er/moved").is_file());
    println!("renamed, and what had the name is gone");

    large(&room.join("large"))?;
    errors(&room)?;

    let mut open = File::open(&file)?;
    fs::remove_file(&file)?;
    let mut text = String::new();
    println!(
        "unlinked, and still open: {} bytes",
        open.read_to_string(&mut text)?
    );

    c::check(&room);
    c::check_limit(&room);
    println!("C: all as it should be");
    fs::remove_dir_all(&room)?;
    println!(
        "removed: {} is {:?}",
        room.display(),
        fs::metadata(&room).unwrap_err().kind()
    );
    Ok(())
}

/// Names in a directory, with their sizes.
fn list(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let (name, about) = (entry.file_name(), entry.metadata()?);
        let name = name.display();
        names.push(if about.is_dir() {
            format!("{name}/")
        } else {
            format!("{name} ({} bytes)", about.len())
        });
    }
    names.sort();
    Ok(names)
}

/// More than a message holds.
fn large(path: &Path) -> io::Result<()> {
    let bytes: Vec<u8> = (0..16u32 << 10).map(|n| ((n * n) >> 7) as u8).collect();
    fs::write(path, &bytes)?;
    let mut all = Vec::new();
    File::open(path)?.read_to_end(&mut all)?;
    assert!(all == bytes && fs::metadata(path)?.modified().is_ok());
    println!("16 KiB written and read: alike");
    Ok(())
}

fn errors(room: &Path) -> io::Result<()> {
    use io::ErrorKind::{
        AlreadyExists, CrossesDevices, IsADirectory, NotADirectory, NotFound, PermissionDenied,
    };
    let file = room.join("a.txt");
    let cases: [(io::Result<()>, io::ErrorKind); 9] = [
        (fs::create_dir(room), AlreadyExists),
        (File::create_new(&file).map(drop), AlreadyExists),
        (File::create(room).map(drop), IsADirectory),
        (fs::remove_file(room.join("none")), NotFound),
        (fs::remove_file(room), IsADirectory),
        (fs::remove_dir(&file), NotADirectory),
        (fs::write(file.join("below"), ""), NotADirectory),
        (fs::rename(&file, "/rom/a.txt"), CrossesDevices),
        (fs::hard_link(&file, room.join("link")), PermissionDenied),
    ];
    for (i, (result, due)) in cases.into_iter().enumerate() {
        let kind = result.map_err(|error| error.kind());
        assert_eq!(kind, Err(due), "case {i}");
    }
    let full = fs::remove_dir(room.join("deep")).unwrap_err();
    println!("a directory that is not empty: {:?}", full.kind());
    Ok(())
}

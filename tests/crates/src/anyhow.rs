use anyhow::{Context, bail, ensure};

fn read(text: &str) -> anyhow::Result<u32> {
    let number: u32 = text.parse().with_context(|| format!("reading {text:?}"))?;
    ensure!(number != 7, "not seven");
    if number == 8 {
        bail!("nor {number}");
    }
    Ok(number)
}

fn main() {
    assert_eq!(read("5").unwrap(), 5);
    assert_eq!(read("7").unwrap_err().to_string(), "not seven");
    assert_eq!(read("8").unwrap_err().to_string(), "nor 8");
    let error = read("x").unwrap_err();
    assert_eq!(error.to_string(), "reading \"x\"");
    assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    assert!(format!("{error:#}").contains("invalid digit"));
    println!("ok");
}

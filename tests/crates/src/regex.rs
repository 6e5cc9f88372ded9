use regex::Regex;

fn main() {
    let date = Regex::new(r"(?<y>\d{4})-(?<m>\d{2})-(?<d>\d{2})").unwrap();
    let text = "from 2024-02-29 to 2025-03-01";
    let years: Vec<&str> = date.captures_iter(text).map(|c| c.name("y").unwrap().as_str()).collect();
    assert_eq!(years, ["2024", "2025"]);
    assert_eq!(date.replace_all(text, "$d.$m.$y"), "from 29.02.2024 to 01.03.2025");
    assert!(Regex::new(r"\p{Greek}+").unwrap().is_match("λόγος"));
    assert!(Regex::new("(").is_err());
    println!("ok");
}

use time::macros::{datetime, format_description};
use time::{Duration, OffsetDateTime};

fn main() {
    let at = datetime!(2024-02-28 23:00 UTC) + Duration::hours(2);
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]");
    assert_eq!(at.format(&format).unwrap(), "2024-02-29 01:00");
    let back = time::PrimitiveDateTime::parse("2024-02-29 01:00", &format).unwrap();
    assert_eq!(back.assume_utc(), at);
    assert!(OffsetDateTime::now_utc().unix_timestamp() >= 0);
    println!("ok");
}

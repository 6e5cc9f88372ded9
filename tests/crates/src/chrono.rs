use chrono::{DateTime, Datelike, Duration, Local, NaiveDate, Utc};

fn main() {
    let day = NaiveDate::from_ymd_opt(2024, 2, 28).unwrap() + Duration::days(2);
    assert_eq!((day.month(), day.day()), (3, 1));
    let at: DateTime<Utc> = "2001-09-09T01:46:40Z".parse().unwrap();
    assert_eq!(at.timestamp(), 1_000_000_000);
    assert_eq!(at.format("%a %d %b %Y").to_string(), "Sun 09 Sep 2001");
    let apart = Utc::now().timestamp() - Local::now().timestamp();
    assert!(apart.abs() <= 1, "{apart}");
    println!("ok");
}

//! Dates of the civil calendar.

use alloc::format;
use alloc::string::String;

const DAY: u64 = 86_400;

/// A time as a line's stamp shows it; `seconds` since the start of 1970.
pub fn stamp(seconds: u64) -> String {
    let (year, month, day) = civil(seconds / DAY);
    let time = seconds % DAY;
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("[{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}] ")
}

/// Year, month and day of a day since the start of 1970. Years are counted from March, so that
/// the day that leap years have more comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    // From the 1st of March of the year 0, in cycles of 400 years.
    let days = days + 719_468;
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + cycle * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(stamp(0), "[1970-01-01 00:00:00] ");
        assert_eq!(stamp(951_782_399), "[2000-02-28 23:59:59] ");
        assert_eq!(stamp(951_782_400), "[2000-02-29 00:00:00] ");
        assert_eq!(stamp(1_709_251_199), "[2024-02-29 23:59:59] ");
        assert_eq!(stamp(4_107_542_400), "[2100-03-01 00:00:00] ");
    }
}

//! Dates of the civil calendar, and seconds since the start of 1970.

use core::fmt;

const DAY: u64 = 86_400;
/// Days from the 1st of March of the year 0 to the start of 1970.
const BEFORE_1970: u64 = 719_468;

/// A date and a time of day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Date {
    /// The year, from 1970 on.
    pub year: u64,
    /// The month, from 1.
    pub month: u64,
    /// The day, from 1.
    pub day: u64,
    /// 0 to 23.
    pub hour: u64,
    /// 0 to 59.
    pub minute: u64,
    /// 0 to 59.
    pub second: u64,
}

/// How many days a month has.
fn days(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Date {
    /// The date of a number of seconds since the start of 1970. Years are counted from March here,
    /// so that the day that leap years have more comes last.
    pub fn from_seconds(seconds: u64) -> Self {
        let days = seconds / DAY + BEFORE_1970;
        let time = seconds % DAY;
        let (cycle, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        Date {
            year: year + cycle * 400 + u64::from(month <= 2),
            month,
            day,
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
        }
    }

    /// Whether there is such a date, from 1970 to 9999.
    pub fn is_valid(&self) -> bool {
        (1970..=9999).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
    }

    /// The seconds since the start of 1970, of a date that there is.
    pub fn seconds(&self) -> Option<u64> {
        if !self.is_valid() {
            return None;
        }
        let (year, month) = match self.month {
            1 | 2 => (self.year - 1, self.month + 9),
            month => (self.year, month - 3),
        };
        let before = 365 * year + year / 4 - year / 100 + year / 400;
        let days = before + (153 * month + 2) / 5 + self.day - 1 - BEFORE_1970;
        Some(days * DAY + self.hour * 3600 + self.minute * 60 + self.second)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn dates_that_are_known() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_709_251_199, "2024-02-29 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ] {
            let date = Date::from_seconds(seconds);
            assert_eq!(date.to_string(), text);
            assert_eq!(date.seconds(), Some(seconds));
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let mut last = Date::from_seconds(0);
        for day in 1..150_000 {
            let date = Date::from_seconds(day * DAY + 3661);
            assert_eq!(date.seconds(), Some(day * DAY + 3661));
            let next = match (last.month, last.day) {
                (12, 31) => (last.year + 1, 1, 1),
                (month, day) if day == days(last.year, month) => (last.year, month + 1, 1),
                (month, day) => (last.year, month, day + 1),
            };
            assert_eq!((date.year, date.month, date.day), next);
            last = date;
        }
    }

    #[test]
    fn dates_that_there_are_not() {
        let date = Date::from_seconds(1_709_251_199);
        for wrong in [
            Date { year: 2023, ..date },
            Date { year: 1969, ..date },
            Date {
                year: 10_000,
                ..date
            },
            Date { month: 13, ..date },
            Date { month: 0, ..date },
            Date { day: 0, ..date },
            Date { hour: 24, ..date },
            Date { minute: 60, ..date },
            Date { second: 60, ..date },
        ] {
            assert_eq!(wrong.seconds(), None, "{wrong}");
        }
    }
}

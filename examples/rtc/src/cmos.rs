//! What the clock's registers hold (Motorola MC146818A).

use crate::Date;

/// Registers of the time.
pub const SECONDS: u8 = 0;
/// Minutes.
pub const MINUTES: u8 = 2;
/// Hours: 0 to 23, or 1 to 12 with [`PM`].
pub const HOURS: u8 = 4;
/// The day of the month.
pub const DAY: u8 = 7;
/// The month.
pub const MONTH: u8 = 8;
/// The year of the century.
pub const YEAR: u8 = 9;
/// The century, where a PC has it.
pub const CENTURY: u8 = 0x32;
/// How the clock works.
pub const STATUS_B: u8 = 0x0b;
/// Why there was an interrupt; reading it lets the next one come.
pub const STATUS_C: u8 = 0x0c;

/// Of [`STATUS_B`]: the time is being set.
pub const SET: u8 = 0x80;
/// Of [`STATUS_B`] and [`STATUS_C`]: an interrupt when a second has begun.
pub const UPDATE_ENDED: u8 = 0x10;
/// Of [`STATUS_B`]: numbers are binary, and not decimal, a digit in four bits.
pub const BINARY: u8 = 0x04;
/// Of [`STATUS_B`]: hours are 0 to 23.
pub const HOURS_24: u8 = 0x02;
/// Of [`HOURS`], if they are 1 to 12: after noon.
pub const PM: u8 = 0x80;

/// The registers, in this order.
pub const TIME: [u8; 7] = [SECONDS, MINUTES, HOURS, DAY, MONTH, YEAR, CENTURY];

/// A number as a register holds it.
fn from_register(value: u8, status: u8) -> Option<u64> {
    if status & BINARY != 0 {
        return Some(value.into());
    }
    let (tens, ones) = (value >> 4, value & 15);
    (tens < 10 && ones < 10).then(|| u64::from(tens) * 10 + u64::from(ones))
}

fn to_register(number: u64, status: u8) -> u8 {
    let number = (number % 100) as u8;
    if status & BINARY != 0 {
        number
    } else {
        ((number / 10) << 4) | (number % 10)
    }
}

/// The date that the registers [`TIME`] hold, by [`STATUS_B`]; none if they hold none.
pub fn decode(registers: [u8; 7], status: u8) -> Option<Date> {
    let [second, minute, hour, day, month, year, century] = registers;
    let number = |value| from_register(value, status);
    let hour = if status & HOURS_24 != 0 {
        number(hour)?
    } else {
        let half = number(hour & !PM)?;
        if !(1..=12).contains(&half) {
            return None;
        }
        half % 12 + if hour & PM != 0 { 12 } else { 0 }
    };
    let year = number(year)?;
    let century = match number(century) {
        Some(century @ 19..=99) => century,
        // A clock without the register.
        _ if year < 70 => 20,
        _ => 19,
    };
    let date = Date {
        year: century * 100 + year,
        month: number(month)?,
        day: number(day)?,
        hour,
        minute: number(minute)?,
        second: number(second)?,
    };
    date.is_valid().then_some(date)
}

/// What the registers [`TIME`] hold for a date.
pub fn encode(date: &Date, status: u8) -> [u8; 7] {
    let number = |number| to_register(number, status);
    let hour = if status & HOURS_24 != 0 {
        number(date.hour)
    } else {
        let half = match date.hour % 12 {
            0 => 12,
            hour => hour,
        };
        number(half) | if date.hour >= 12 { PM } else { 0 }
    };
    [
        number(date.second),
        number(date.minute),
        hour,
        number(date.day),
        number(date.month),
        number(date.year),
        number(date.year / 100),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUSES: [u8; 4] = [0, BINARY, HOURS_24, BINARY | HOURS_24];

    #[test]
    fn registers_that_are_known() {
        let evening = [0x59, 0x58, 0x23, 0x29, 0x02, 0x24, 0x20];
        let date = decode(evening, HOURS_24).unwrap();
        assert_eq!(date.seconds(), Some(1_709_251_139));
        let mut twelve = evening;
        twelve[2] = 0x11 | PM;
        assert_eq!(decode(twelve, 0), Some(date));
        assert_eq!(encode(&date, 0), twelve);
        let binary = [59, 58, 23, 29, 2, 24, 20];
        assert_eq!(decode(binary, BINARY | HOURS_24), Some(date));
        // Noon and midnight of clocks with twelve hours; no register of the century.
        let hour = |hour| decode([0, 0, hour, 1, 1, 0x99, 0], 0).map(|d| (d.year, d.hour));
        assert_eq!(hour(0x12), Some((1999, 0)));
        assert_eq!(hour(0x12 | PM), Some((1999, 12)));
        assert_eq!(hour(0x13), None);
        assert_eq!(hour(0), None);
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for status in STATUSES {
            for n in 0..20_000 {
                let date = Date::from_seconds(n * 470_003 % (130 * 365 * 86_400));
                assert_eq!(decode(encode(&date, status), status), Some(date));
            }
        }
    }

    #[test]
    fn any_registers_are_a_date_or_none() {
        let mut random = 1u64;
        for _ in 0..200_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let [status, registers @ ..] = random.to_le_bytes();
            if let Some(date) = decode(registers, status) {
                assert!(date.seconds().is_some());
            }
        }
    }
}

//! Formats a time by RFC 3339, in UTC and to the millisecond.

use millstream_types::Timestamp;

const DAY_MS: i64 = 86_400_000;
/// The days of 400 years, after which the Gregorian calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAY: i64 = 719_468;

/// `time` as `2024-02-29T23:59:59.999Z`.
pub(crate) fn format(time: Timestamp) -> String {
    let millis = time.as_millis();
    let (year, month, day) = civil_date(millis.div_euclid(DAY_MS));
    let of_day = millis.rem_euclid(DAY_MS);
    let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
    let (second, milli) = (of_day / 1_000 % 60, of_day % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// The calendar date `days` after 1970-01-01. Years are counted from March, so that a leap day is the last of its year.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let day = days + EPOCH_DAY;
    let era = day.div_euclid(DAYS_PER_ERA);
    let day_of_era = day.rem_euclid(DAYS_PER_ERA);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"),
        ];
        for (millis, expected) in cases {
            assert_eq!(format(Timestamp::from_millis(millis)), expected);
        }
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_last() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..DAYS_PER_ERA {
            assert_eq!(civil_date(days), (year, month, day));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = lengths[month as usize - 1] + i64::from(month == 2 && is_leap);
            (day, month) = if day < length { (day + 1, month) } else { (1, month + 1) };
            (year, month) = if month <= 12 { (year, month) } else { (year + 1, 1) };
        }
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        assert!(format(Timestamp::from_millis(i64::MAX)).starts_with("292278994-08-17"));
        assert!(format(Timestamp::from_millis(i64::MIN)).ends_with("T16:47:04.192Z"));
    }
}

//! The times of entries, as DOS has them: they follow from the content, or from
//! `SOURCE_DATE_EPOCH`, never from the disk or the clock.

use sha2::{Digest, Sha256};

/// 1980-01-01, the first day that DOS knows (APPNOTE 4.4.6).
pub(super) const FIRST: u32 = packed(1980, 1, 1, 0);

/// A time that depends on the content alone, within 1981 and 2021.
///
/// Tomcat's and Jetty's `ETag` is made of size and time: with one constant time a
/// changed file of the same size would keep its `ETag`, and clients would keep the
/// stale file (FACTS, Containers). The range lies in the past, because a
/// `Last-Modified` in the future must not be sent (RFC 9110 §8.8.2.1).
///
/// Size and CRC-32 stand for the content: they are known of files and of other
/// archives' entries alike, without inflating these.
pub(super) fn of_content(size: u64, crc32: u32) -> u32 {
    const DAYS: u64 = 40 * 365;
    let digest = Sha256::new()
        .chain_update(size.to_le_bytes())
        .chain_update(crc32.to_le_bytes())
        .finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let number = u64::from_le_bytes(first);
    // DOS times have two-second steps.
    let slot = number % (DAYS * 86_400 / 2);
    let (day, second) = (slot / 43_200, slot % 43_200 * 2);
    let (year, day) = (1981 + day / 365, day % 365);
    // Twelve months of at most 28 days: 365 days fold to 336 without a calendar.
    let day = day % 336;
    packed(
        narrow(year),
        narrow(day / 28 + 1),
        narrow(day % 28 + 1),
        narrow(second),
    )
}

/// Seconds since 1970, as DOS has them, in UTC; clamped to what DOS knows.
pub(super) fn of_epoch(seconds: u64) -> u32 {
    // Howard Hinnant's `civil_from_days`, for days after 1970.
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    match year {
        0..1980 => FIRST,
        1980..=2107 => packed(
            narrow(year),
            narrow(month),
            narrow(day),
            narrow(seconds % 86_400),
        ),
        _ => packed(2107, 12, 31, 86_398),
    }
}

const fn packed(year: u32, month: u32, day: u32, second: u32) -> u32 {
    let date = ((year - 1980) << 9) | (month << 5) | day;
    let time = ((second / 3600) << 11) | ((second / 60 % 60) << 5) | (second % 60 / 2);
    date << 16 | time
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_valid(time: u32) -> bool {
        let time = zip::DateTime::try_from_msdos(
            u16::try_from(time >> 16).expect("16 bits"),
            u16::try_from(time & 0xffff).expect("16 bits"),
        );
        time.is_ok_and(|time| (1980..=2107).contains(&time.year()))
    }

    #[test]
    fn the_time_follows_the_content() {
        assert_ne!(of_content(5, 1), of_content(5, 2));
        assert_eq!(of_content(5, 1), of_content(5, 1));
        for crc32 in 0..2000 {
            let time = of_content(9, crc32);
            assert!(is_valid(time), "{time:x}");
            assert!((1981..=2021).contains(&((time >> 25) + 1980)));
        }
    }

    #[test]
    fn an_epoch_becomes_its_day_in_utc() {
        // date --utc --date=@1700000000: 2023-11-14 22:13:20
        assert_eq!(of_epoch(1_700_000_000), packed(2023, 11, 14, 80_000));
        // 2000-02-29 12:00:00
        assert_eq!(of_epoch(951_825_600), packed(2000, 2, 29, 43_200));
        assert_eq!(of_epoch(0), FIRST);
        assert!(is_valid(of_epoch(u64::MAX / 2)));
    }
}

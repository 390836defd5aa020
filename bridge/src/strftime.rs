//! `strftime_now(format)`: the directives of Python's datetime.strftime in the C locale, over seconds of local time.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

struct Civil {
    year: i64,
    month: i64, // 1..=12
    day: i64,
    year_day: i64, // 1..=366
    week_day: i64, // 0 = Sunday
    hour: i64,
    minute: i64,
    second: i64,
}

impl Civil {
    /// Days to year, month, day by the era arithmetic of the proleptic Gregorian calendar: a year starts in March, so
    /// that the leap day is its last, and 400 years are 146097 days.
    fn from_seconds(seconds: i64) -> Civil {
        let days = seconds.div_euclid(86_400);
        let of_day = seconds.rem_euclid(86_400);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_march_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_march_year + 2) / 153;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let leap = i64::from((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
        let year_day = if month <= 2 {
            day_of_march_year - 305
        } else {
            day_of_march_year + 60 + leap
        };
        Civil {
            year,
            month,
            day: day_of_march_year - (153 * march_month + 2) / 5 + 1,
            year_day,
            week_day: (days + 4).rem_euclid(7),
            hour: of_day / 3_600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
        }
    }

    fn directive(&self, directive: char) -> Option<String> {
        let month = MONTHS[(self.month - 1) as usize];
        let day = DAYS[self.week_day as usize];
        let hour12 = if self.hour % 12 == 0 { 12 } else { self.hour % 12 };
        Some(match directive {
            'Y' => self.year.to_string(),
            'y' => format!("{:02}", self.year.rem_euclid(100)),
            'm' => format!("{:02}", self.month),
            'd' => format!("{:02}", self.day),
            'e' => format!("{:2}", self.day),
            'H' => format!("{:02}", self.hour),
            'I' => format!("{hour12:02}"),
            'M' => format!("{:02}", self.minute),
            'S' => format!("{:02}", self.second),
            'f' => "000000".to_owned(),
            'p' => (if self.hour < 12 { "AM" } else { "PM" }).to_owned(),
            'j' => format!("{:03}", self.year_day),
            'B' => month.to_owned(),
            'b' | 'h' => month[..3].to_owned(),
            'A' => day.to_owned(),
            'a' => day[..3].to_owned(),
            'w' => self.week_day.to_string(),
            'u' => (if self.week_day == 0 { 7 } else { self.week_day }).to_string(),
            'D' | 'x' => format!("{:02}/{:02}/{:02}", self.month, self.day, self.year.rem_euclid(100)),
            'F' => format!("{}-{:02}-{:02}", self.year, self.month, self.day),
            'T' | 'X' => format!("{:02}:{:02}:{:02}", self.hour, self.minute, self.second),
            'R' => format!("{:02}:{:02}", self.hour, self.minute),
            'z' | 'Z' => String::new(), // a time without a zone, as datetime.now() is
            'n' => "\n".to_owned(),
            't' => "\t".to_owned(),
            '%' => "%".to_owned(),
            _ => return None,
        })
    }
}

pub fn strftime(seconds: i64, format: &str) -> String {
    let now = Civil::from_seconds(seconds);
    let mut text = String::with_capacity(format.len() * 2);
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        match chars.next() {
            // glibc's "no padding" flag, which some templates use
            Some('-') => match chars.next() {
                Some(d) => text.push_str(now.directive(d).unwrap_or_default().trim_start_matches(['0', ' '])),
                None => text.push_str("%-"),
            },
            Some(d) => match now.directive(d) {
                Some(part) => text.push_str(&part),
                None => text.extend(['%', d]),
            },
            None => text.push('%'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::strftime;

    #[test]
    fn known_instants() {
        assert_eq!(
            strftime(0, "%Y-%m-%d %H:%M:%S %A %j"),
            "1970-01-01 00:00:00 Thursday 001"
        );
        assert_eq!(strftime(1_709_251_199, "%d %B %Y %j %a"), "29 February 2024 060 Thu");
        assert_eq!(strftime(1_735_689_599, "%b %-d, %y %I %p %j"), "Dec 31, 24 11 PM 366");
        assert_eq!(strftime(-1, "%F %T"), "1969-12-31 23:59:59");
    }
}

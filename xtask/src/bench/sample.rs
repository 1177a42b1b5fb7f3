//! Repeated measurements of one thing: on a shared machine only the least and
//! the median mean something.

/// Values of several rounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn minimum(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// `183 / 186`.
    pub(crate) fn least_and_median(&self, decimals: usize) -> String {
        format!(
            "{:.decimals$} / {:.decimals$}",
            self.minimum(),
            self.median()
        )
    }
}

/// A line of a Markdown table.
pub(crate) fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// The first two lines of a Markdown table.
pub(crate) fn heading(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
    format!("{}\n|{}", row(&cells), "---|".repeat(cells.len()))
}

/// Whether a figure keeps to its aim, in words.
pub(crate) fn verdict(value: f64, most: f64) -> String {
    let word = if value <= most { "kept" } else { "MISSED" };
    format!("at most {most}: {word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[f64]) -> Samples {
        Samples(values.to_vec())
    }

    #[test]
    fn the_least_and_the_median_are_said() {
        assert_eq!(samples(&[3.0, 1.0, 2.0]).least_and_median(0), "1 / 2");
        assert_eq!(
            samples(&[4.0, 1.0, 2.0, 3.0]).least_and_median(1),
            "1.0 / 2.5"
        );
    }

    #[test]
    fn a_missed_aim_is_said_aloud() {
        assert_eq!(verdict(0.7, 0.75), "at most 0.75: kept");
        assert_eq!(verdict(0.8, 0.75), "at most 0.75: MISSED");
    }
}

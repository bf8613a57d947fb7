//! Statistics and rounding, as the formulas name them.

/// Rounds to `digits` decimals: the exact binary value, ties to even, as Python's `round`.
#[must_use]
pub fn round_to(value: f64, digits: usize) -> f64 {
    // The standard library formats exact binary values with ties to even; what it wrote, it reads.
    format!("{value:.digits$}").parse().unwrap_or(value)
}

/// Arithmetic mean; `None` of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Population standard deviation (divided by n); `None` of nothing.
#[must_use]
pub fn population_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    Some((squares(values, mean) / values.len() as f64).sqrt())
}

/// Sample standard deviation (divided by n − 1); `None` of fewer than two.
#[must_use]
pub fn sample_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    Some((squares(values, mean) / (values.len() - 1) as f64).sqrt())
}

fn squares(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// Slope of the least-squares line through `(x, y)` points; `None` if the x do not differ.
#[must_use]
pub fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    let shared: f64 = points
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    (spread > 0.0).then(|| shared / spread)
}

/// Pearson's correlation of `(x, y)` points, -1 to 1; `None` if the x or the y do not differ.
#[must_use]
pub fn correlation(points: &[(f64, f64)]) -> Option<f64> {
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let (mean_x, mean_y) = (mean(&x)?, mean(&y)?);
    let differ = |values: &[f64]| values.windows(2).any(|two| two[0] != two[1]);
    if !differ(&x) || !differ(&y) {
        return None;
    }
    let shared: f64 = points
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let spread = (squares(&x, mean_x) * squares(&y, mean_y)).sqrt();
    // Rounding must not carry it over the ends; values that hardly differ have no spread at all.
    (spread > 0.0).then(|| (shared / spread).clamp(-1.0, 1.0))
}

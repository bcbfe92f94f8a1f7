//! What is made of measurements: a sample a round, and medians over the rounds.

use std::fmt;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

/// What one measurement saw.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Sample {
    /// Answers a second.
    pub rate: f64,
    /// Half of the answers took no longer than this, in milliseconds.
    pub p50: f64,
    /// 99 of 100 answers took no longer than this, in milliseconds.
    pub p99: f64,
}

impl Sample {
    /// From the latency of each answer within a time.
    ///
    /// # Errors
    /// There was no answer.
    pub fn new(mut latencies: Vec<Duration>, time: Duration) -> anyhow::Result<Self> {
        latencies.sort_unstable();
        let percentile = |percent: usize| {
            let position = latencies.len() * percent / 100;
            latencies
                .get(position)
                .map(|latency| latency.as_secs_f64() * 1e3)
        };
        let count = u32::try_from(latencies.len())?;
        Ok(Self {
            rate: f64::from(count) / time.as_secs_f64(),
            p50: percentile(50).context("no answer within the time")?,
            p99: percentile(99).context("no answer within the time")?,
        })
    }
}

/// The middle of the values, or the mean of the two middle ones; NaN if there is none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = |position: usize| values.get(position).copied().unwrap_or(f64::NAN);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(middle(half.saturating_sub(1)), middle(half))
    } else {
        middle(half)
    }
}

/// The median of the samples, each number by itself.
pub fn median_sample(samples: &[Sample]) -> Sample {
    Sample {
        rate: median(rates(samples)),
        p50: median(samples.iter().map(|sample| sample.p50)),
        p99: median(samples.iter().map(|sample| sample.p99)),
    }
}

/// One rate over another, taken round by round, so that a machine that is slow for a while is slow
/// for both.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Ratio {
    /// The median over the rounds.
    pub median: f64,
    /// The least of all rounds.
    pub least: f64,
    /// The most of all rounds.
    pub most: f64,
}

impl Ratio {
    /// The ratios of what was measured in the same round.
    pub fn of(rates: impl IntoIterator<Item = f64>, to: impl IntoIterator<Item = f64>) -> Self {
        let ratios: Vec<f64> = rates
            .into_iter()
            .zip(to)
            .map(|(rate, to)| rate / to)
            .collect();
        Self {
            median: median(ratios.iter().copied()),
            least: ratios.iter().copied().fold(f64::NAN, f64::min),
            most: ratios.iter().copied().fold(f64::NAN, f64::max),
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:.2} ({:.2} to {:.2})",
            self.median, self.least, self.most
        )
    }
}

/// The rates of the samples.
pub fn rates(samples: &[Sample]) -> impl Iterator<Item = f64> {
    samples.iter().map(|sample| sample.rate)
}

//! How many RSA-2048 signatures this machine makes: the ceiling of `/token`.

use std::fmt;
use std::fs;
use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Serialize;

use super::statistics::median;

/// As many bytes as the signed part of an access token has, about.
const MESSAGE: [u8; 512] = [b'a'; 512];

/// The part of the cores' time that signing gets on a machine that does nothing else.
const QUIET: f64 = 0.95;

/// A key, parsed once, and a thread a core to sign with it.
pub struct Signatures {
    key: RsaKeyPair,
    threads: usize,
}

impl Signatures {
    /// Makes a key.
    pub fn new() -> anyhow::Result<Self> {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).context("making an RSA key")?;
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self { key, threads })
    }

    /// How many threads sign.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Signs on every core for as long as the window lasts.
    pub fn measure(&self, window: Duration) -> anyhow::Result<Signing> {
        let until = Instant::now() + window;
        let (count, on_cpu) = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|_| scope.spawn(|| self.sign_until(until)))
                .collect();
            let mut sum = (0, Duration::ZERO);
            for thread in threads {
                let panicked = |_| anyhow!("a signing thread panicked");
                let (count, on_cpu) = thread.join().map_err(panicked)??;
                sum = (sum.0 + count, sum.1 + on_cpu);
            }
            anyhow::Ok(sum)
        })?;
        let threads = f64::from(u32::try_from(self.threads)?);
        Ok(Signing {
            rate: f64::from(count) / window.as_secs_f64(),
            share: on_cpu.as_secs_f64() / (threads * window.as_secs_f64()),
        })
    }

    fn sign_until(&self, until: Instant) -> anyhow::Result<(u32, Duration)> {
        let random = SystemRandom::new();
        let mut signature = vec![0; self.key.public_modulus_len()];
        let mut count = 0;
        let before = time_on_cpu()?;
        while Instant::now() < until {
            self.key
                .sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature)
                .context("signing")?;
            count += 1;
        }
        Ok((count, time_on_cpu()? - before))
    }
}

/// For how long this thread has run, as Linux tells it.
fn time_on_cpu() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text
        .split_whitespace()
        .next()
        .context("no time in schedstat")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// What one measurement saw.
#[derive(Debug, Clone, Copy)]
pub struct Signing {
    /// Signatures a second.
    pub rate: f64,
    /// The part of the cores' time that the signing threads got. Where it is well below 1, other
    /// programs took the rest, from each measurement another part.
    pub share: f64,
}

/// Everything that was measured of signing, as medians.
#[derive(Debug, Serialize)]
pub struct Ceiling {
    cores: usize,
    /// Signatures a second.
    rate: f64,
    /// The part of the cores' time that the signing threads got.
    share: f64,
}

impl Ceiling {
    /// Sums up the rounds.
    pub fn new(cores: usize, rounds: &[Signing]) -> Self {
        Self {
            cores,
            rate: median(rounds.iter().map(|round| round.rate)),
            share: median(rounds.iter().map(|round| round.share)),
        }
    }
}

impl fmt::Display for Ceiling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, rate, share } = self;
        write!(
            formatter,
            "RSA-2048 signatures on {cores} cores: {rate:.0} a second"
        )?;
        if *share < QUIET {
            let percent = share * 100.0;
            write!(
                formatter,
                "\nWARNING: signing got {percent:.0}% of the cores; other programs ran, and the \
                 ratios below cannot be trusted"
            )?;
        }
        Ok(())
    }
}

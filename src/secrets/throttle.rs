//! Slows guessing: so many failures a minute for one name from one address, for one address, and for
//! one name from wherever.
//!
//! Each is a bucket that holds a minute's failures and refills steadily (GCRA). An attempt takes its
//! place before the secret is checked and gives it back if the secret was right, so that a thousand
//! attempts at once do not slip through together.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use quick_cache::unsync::Cache;

/// Buckets kept. A full memory forgets those that failed least lately.
const CAPACITY: usize = 50_000;
const MINUTE: Duration = Duration::from_secs(60);
/// A name may fail this many times as often from everywhere as from one address.
const EVERYWHERE: u32 = 10;

/// Counts failures.
pub struct Throttle {
    per_name_and_address: u32,
    per_address: u32,
    began: Instant,
    hashing: RandomState,
    /// By bucket: the moment, since `began`, when it will be empty again.
    empty_at: Mutex<Cache<u64, Duration>>,
}

/// An attempt that is under way. Unless it [`succeeded`](Self::succeeded), it counts as a failure.
#[must_use]
pub struct Attempt<'a> {
    throttle: &'a Throttle,
    buckets: Vec<(u64, u32)>,
}

impl Throttle {
    /// Failures a minute for one name from one address, and from one address.
    pub fn new(per_name_and_address: u32, per_address: u32) -> Self {
        Self {
            per_name_and_address: per_name_and_address.max(1),
            per_address: per_address.max(1),
            began: Instant::now(),
            hashing: RandomState::new(),
            empty_at: Mutex::new(Cache::new(CAPACITY)),
        }
    }

    /// Lets an attempt through, or says how long to wait.
    ///
    /// `subject` is what the attempt is aimed at: a secret that exists, or else a name. A stranger who
    /// does not know which secret a name has cannot use up the attempts that its owner has.
    pub fn attempt(&self, subject: &str, address: Option<IpAddr>) -> Result<Attempt<'_>, Duration> {
        let address = address.map(network);
        self.take(vec![
            (
                self.hashing
                    .hash_one(("subject and address", subject, address)),
                self.per_name_and_address,
            ),
            (
                self.hashing.hash_one(("address", address)),
                self.per_address,
            ),
            (
                self.hashing.hash_one(("subject", subject)),
                self.per_name_and_address.saturating_mul(EVERYWHERE),
            ),
        ])
    }

    /// Lets an attempt through, or says how long to wait, by where it comes from alone: for secrets that
    /// nobody guesses, so that nobody elsewhere can use up the attempts of whoever has them. What
    /// is of another `kind` does not count.
    pub fn attempt_from(
        &self,
        kind: &str,
        address: Option<IpAddr>,
    ) -> Result<Attempt<'_>, Duration> {
        let address = address.map(network);
        let bucket = self.hashing.hash_one(("kind and address", kind, address));
        self.take(vec![(bucket, self.per_address)])
    }

    fn take(&self, buckets: Vec<(u64, u32)>) -> Result<Attempt<'_>, Duration> {
        let now = self.began.elapsed();
        let mut empty_at = self.lock();
        let wait = buckets.iter().map(|(bucket, per_minute)| {
            let until = empty_at.get(bucket).copied().unwrap_or_default();
            (until + MINUTE / *per_minute).saturating_sub(now + MINUTE)
        });
        match wait.max() {
            Some(wait) if wait > Duration::ZERO => return Err(wait),
            _ => {}
        }
        for &(bucket, per_minute) in &buckets {
            let until = empty_at.get(&bucket).copied().unwrap_or_default().max(now);
            empty_at.insert(bucket, until + MINUTE / per_minute);
        }
        drop(empty_at);
        Ok(Attempt {
            throttle: self,
            buckets,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache<u64, Duration>> {
        self.empty_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one caller can choose from at will: a whole /64 of IPv6, and one address of IPv4.
fn network(address: IpAddr) -> IpAddr {
    const HOST: u128 = 0xffff_ffff_ffff_ffff;
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !HOST).into()),
        v4 => v4,
    }
}

impl Attempt<'_> {
    /// The secret was right: the attempt does not count.
    pub fn succeeded(self) {
        let mut empty_at = self.throttle.lock();
        for (bucket, per_minute) in self.buckets {
            if let Some(until) = empty_at.get(&bucket).copied() {
                empty_at.insert(bucket, until.saturating_sub(MINUTE / per_minute));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    const THERE: Option<IpAddr> = Some(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST));

    fn fail(throttle: &Throttle, name: &str, address: Option<IpAddr>) -> bool {
        throttle.attempt(name, address).is_ok()
    }

    #[test]
    fn a_name_is_slowed_where_it_failed_and_not_elsewhere() {
        let throttle = Throttle::new(3, 100);
        assert_eq!(
            [(); 4].map(|()| fail(&throttle, "a", HERE)),
            [true, true, true, false]
        );
        assert!(fail(&throttle, "a", THERE));
        assert!(fail(&throttle, "b", HERE));
    }

    #[test]
    fn an_address_is_slowed_whatever_names_it_tries() {
        let throttle = Throttle::new(100, 2);
        assert_eq!(
            ["a", "b", "c"].map(|name| fail(&throttle, name, HERE)),
            [true, true, false]
        );
        assert!(fail(&throttle, "c", THERE));
    }

    #[test]
    fn one_network_of_ipv6_is_one_caller() {
        let throttle = Throttle::new(100, 2);
        let from = |host: u128| {
            let address = (0x2001_0db8_u128 << 96) + host;
            fail(
                &throttle,
                &host.to_string(),
                Some(IpAddr::V6(address.into())),
            )
        };
        assert_eq!([from(1), from(2), from(3)], [true, true, false]);
        assert!(from(1 << 64));
    }

    #[test]
    fn what_goes_by_address_alone_is_slowed_by_nothing_else() {
        let throttle = Throttle::new(1, 2);
        let from = |kind, address| throttle.attempt_from(kind, address).is_ok();
        assert!(fail(&throttle, "a", HERE));
        assert_eq!([(); 3].map(|()| from("a", HERE)), [true, true, false]);
        assert!(from("a", THERE) && from("b", HERE));
    }

    #[test]
    fn success_gives_the_place_back() {
        let throttle = Throttle::new(1, 1);
        for _ in 0..10 {
            throttle.attempt("a", HERE).unwrap().succeeded();
        }
        let _failed = throttle.attempt("a", HERE).unwrap();
        let wait = throttle.attempt("a", HERE).err().unwrap();
        assert!(wait > Duration::from_secs(50) && wait <= MINUTE, "{wait:?}");
    }
}

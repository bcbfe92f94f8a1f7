//! Rotation on a schedule, on a real SQLite file, with a clock that the tests move.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::ring::KeyState::{self, Current, Next, Previous, Retired, Withdrawn};
use super::{Algorithm, HEARD_BY_ALL, KeyError, KeyFolder, KeyPolicy, Keys, MARGIN, SigningKey};
use crate::audit::{Cause, Journal};
use crate::metrics::Metrics;
use crate::model::{Clock, ManualClock, Timestamp};
use crate::storage::{Address, Store, migrations};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Longer than a key's end may be behind, so that only keeping the keys moves it far enough.
const CACHE: Duration = Duration::from_secs(3600);
const TOKEN_LIFETIME: Duration = Duration::from_secs(7200);
const ROTATION: Duration = DAY.saturating_mul(30);

/// From the moment that a key is old enough until another one surely signs: it may take a minute
/// until somebody looks.
const TAKEOVER: Duration = MINUTE.saturating_add(CACHE).saturating_add(HEARD_BY_ALL);

/// A database, and a clock that all of its replicas go by.
struct World {
    folder: tempfile::TempDir,
    address: Address,
    clock: Arc<ManualClock>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("test.db"));
        migrations::run(&mut address.link()).unwrap();
        let start = Timestamp::from_seconds(1_795_000_000);
        Self {
            folder,
            address,
            clock: Arc::new(ManualClock::at(start)),
        }
    }

    /// A replica that keeps its keys in this folder, with a key from the settings or none.
    async fn replica(&self, folder: &str, brought: Option<SigningKey>) -> Replica {
        let folder = KeyFolder::new(&self.folder.path().join(folder));
        let clock: Arc<dyn Clock> = self.clock.clone();
        let metrics = Metrics::new().unwrap();
        let journal = Journal::start(&self.address, Arc::clone(&clock), metrics, 60).unwrap();
        let policy = KeyPolicy {
            algorithm: Algorithm::Es256,
            some_es256: false,
            cache: CACHE,
            rotation: Some(ROTATION),
            longest_token_lifetime: TOKEN_LIFETIME,
        };
        let store = Arc::new(Store::open(self.address.clone(), 1).unwrap());
        let journal = Arc::new(journal);
        let keys = Keys::new(folder, brought, policy, store, journal, clock);
        keys.prepare(&Cause::system()).await.unwrap();
        Replica(keys)
    }

    /// Lets time pass as in a running server, whose keys are maintained all along.
    async fn pass(&self, duration: Duration, replicas: &[&Replica]) {
        let end = self.clock.now().plus(duration);
        while self.clock.now() < end {
            self.clock.pass(MINUTE.min(end.since(self.clock.now())));
            for replica in replicas {
                replica.0.maintain().await.unwrap();
            }
        }
    }
}

/// One server's keys.
struct Replica(Keys);

impl Replica {
    fn signs_with(&self) -> String {
        self.0
            .current(Algorithm::Es256)
            .expect("a key signs")
            .kid()
            .to_owned()
    }

    /// What every key does, newest first.
    fn states(&self) -> Vec<KeyState> {
        self.0.list().iter().map(|key| key.state).collect()
    }

    fn published(&self) -> Vec<String> {
        let keys = self.0.jwks().keys;
        let kids = keys.into_iter().map(|key| key.common.key_id);
        kids.map(|kid| kid.expect("a published key has a kid"))
            .collect()
    }

    fn has_file(&self, kid: &str) -> bool {
        self.file_names().contains(&format!("{kid}.pem"))
    }

    fn file_names(&self) -> Vec<String> {
        let location: &Path = self.0.folder.location();
        let Ok(entries) = std::fs::read_dir(location) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }
}

#[tokio::test]
async fn a_key_that_is_old_enough_is_followed_by_the_next_one() {
    let world = World::new();
    let replica = world.replica("keys", None).await;
    let old = replica.signs_with();
    world.clock.pass(ROTATION);
    replica.0.maintain().await.unwrap();

    // Others may have cached `/jwks` just before: the next key is published, and signs only when
    // every such cache has ended.
    assert_eq!(replica.states(), [Next, Current]);
    let new = replica.0.list()[0].kid.clone();
    assert_eq!(replica.published(), [new.clone(), old.clone()]);
    world.pass(CACHE - SECOND, &[&replica]).await;
    assert_eq!(replica.signs_with(), old);
    world.pass(SECOND + HEARD_BY_ALL, &[&replica]).await;
    assert_eq!(replica.signs_with(), new);
    assert_eq!(replica.states(), [Current, Previous]);

    // The last token that the old one signed is valid for its whole lifetime.
    world.pass(TOKEN_LIFETIME - SECOND, &[&replica]).await;
    assert!(replica.0.accepts(&old) && replica.published().contains(&old));
    assert!(replica.has_file(&old));
    world.pass(MARGIN + SECOND, &[&replica]).await;
    assert_eq!(replica.states(), [Current, Retired]);
    assert!(!replica.0.accepts(&old));
    assert_eq!(replica.published(), [new.as_str()]);
    assert_eq!(replica.file_names(), [format!("{new}.pem")]);
}

#[tokio::test]
async fn nothing_happens_before_a_key_is_old_enough() {
    let world = World::new();
    let replica = world.replica("keys", None).await;
    let only = replica.signs_with();
    world.clock.pass(ROTATION - SECOND);
    replica.0.maintain().await.unwrap();
    assert_eq!(replica.states(), [Current]);
    assert_eq!(replica.signs_with(), only);
    assert_eq!(replica.file_names(), [format!("{only}.pem")]);
}

#[tokio::test]
async fn a_key_that_took_over_is_followed_by_another_when_it_is_old_enough_itself() {
    let world = World::new();
    let replica = world.replica("keys", None).await;
    for rotation in 2..5 {
        world.clock.pass(ROTATION);
        world.pass(TAKEOVER, &[&replica]).await;
        let states = replica.states();
        assert_eq!(states.len(), rotation, "{states:?}");
        assert_eq!(states[..2], [Current, Previous]);
    }
}

#[tokio::test]
async fn while_the_next_key_waits_no_third_is_made() {
    let world = World::new();
    let replica = world.replica("keys", None).await;
    world.clock.pass(ROTATION);
    replica.0.maintain().await.unwrap();
    let published = replica.published();
    for _ in 0..3 {
        world.clock.pass(MINUTE);
        replica.0.maintain().await.unwrap();
    }
    assert_eq!(replica.published(), published);
    assert_eq!(replica.file_names().len(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_is_replaced_at_once() {
    let world = World::new();
    let replica = world.replica("keys", None).await;
    let elsewhere = world.replica("elsewhere", None).await;
    let taken_back = replica.signs_with();
    let cause = Cause::system();
    elsewhere.0.withdraw(&cause, &taken_back).await.unwrap();
    assert!(!elsewhere.0.accepts(&taken_back));

    replica.0.maintain().await.unwrap();
    let new = replica.signs_with();
    assert_ne!(new, taken_back);
    assert!(replica.published().contains(&new) && !replica.published().contains(&taken_back));
    assert!(!replica.0.accepts(&taken_back));
    assert!(replica.states().contains(&Withdrawn));
    assert_eq!(replica.file_names(), [format!("{new}.pem")]);
}

#[tokio::test]
async fn the_next_key_signs_before_its_time_when_the_current_one_is_withdrawn() {
    let world = World::new();
    let replica = world.replica("keys", None).await;
    let old = replica.signs_with();
    world.clock.pass(ROTATION);
    replica.0.maintain().await.unwrap();
    let next = replica.0.list()[0].kid.clone();
    replica.0.withdraw(&Cause::system(), &old).await.unwrap();
    assert_eq!(replica.signs_with(), next);
    replica.0.maintain().await.unwrap();
    assert_eq!(replica.published(), [next]);
}

#[tokio::test]
async fn replicas_with_folders_of_their_own_sign_each_with_its_key_and_accept_the_others() {
    let world = World::new();
    let one = world.replica("one", None).await;
    let other = world.replica("other", None).await;
    // The first has not looked since the other's key was published, and looks when it meets it.
    let (first, second) = (one.signs_with(), other.signs_with());
    assert_ne!(first, second);
    assert!(one.0.verifying(&second).await.unwrap().is_some());
    assert!(other.0.verifying(&first).await.unwrap().is_some());

    world.clock.pass(ROTATION);
    world.pass(TAKEOVER, &[&one, &other]).await;
    let (third, fourth) = (one.signs_with(), other.signs_with());
    let all = [&first, &second, &third, &fourth];
    for replica in [&one, &other] {
        assert!(all.iter().all(|kid| replica.0.accepts(kid)), "{all:?}");
        assert_eq!(replica.published().len(), all.len());
        assert_eq!(replica.file_names().len(), 2);
    }
    assert!(one.has_file(&third) && other.has_file(&fourth));

    world.pass(TOKEN_LIFETIME + MARGIN, &[&one, &other]).await;
    for replica in [&one, &other] {
        assert_eq!(replica.published().len(), 2);
        assert!(replica.0.accepts(&third) && replica.0.accepts(&fourth));
    }
    assert_eq!(one.file_names(), [format!("{third}.pem")]);
    assert_eq!(other.file_names(), [format!("{fourth}.pem")]);
}

#[tokio::test]
async fn a_key_from_the_settings_is_never_rotated() {
    let world = World::new();
    let pem = SigningKey::generate(Algorithm::Es256).unwrap();
    let brought = SigningKey::from_pem(&pem).unwrap();
    let kid = brought.kid().to_owned();
    let replica = world.replica("keys", Some(brought)).await;
    world.clock.pass(ROTATION.saturating_mul(2));
    replica.0.maintain().await.unwrap();
    assert_eq!(replica.states(), [Current]);
    assert_eq!(replica.signs_with(), kid);
    assert!(replica.0.accepts(&kid) && replica.file_names().is_empty());
    let refused = replica.0.rotate(&Cause::system()).await;
    assert!(matches!(refused, Err(KeyError::Brought)));
}

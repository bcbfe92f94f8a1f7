//! The journal and verification on a real SQLite file.

use std::sync::Arc;

use diesel::RunQueryDsl;

use super::super::record::Place;
use crate::audit::{Cause, Decision, Entry, Fault, GENESIS, Journal, verify, verify_stretch};
use crate::metrics::Metrics;
use crate::model::SystemClock;
use crate::storage::audit_records::{self, Filter, Head, Walk};
use crate::storage::{Address, Link, StorageError, migrations};

struct Log {
    _folder: tempfile::TempDir,
    address: Address,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::Sqlite(folder.path().join("test.db"));
        migrations::run(&mut address.link()).unwrap();
        Self {
            _folder: folder,
            address,
        }
    }

    fn journal(&self) -> Journal {
        Journal::start(
            &self.address,
            Arc::new(SystemClock),
            Metrics::new().unwrap(),
            60,
        )
        .unwrap()
    }

    async fn with_records(count: usize) -> Self {
        let log = Self::new();
        let journal = log.journal();
        for number in 0..count {
            journal.record(entry(number)).await.unwrap();
        }
        journal.close();
        log
    }

    fn link(&self) -> Link {
        self.address.link()
    }

    fn tamper(&self, statements: &[&str]) {
        self.link()
            .once(|connection| {
                for statement in statements {
                    diesel::sql_query(*statement).execute(connection)?;
                }
                Ok(())
            })
            .unwrap();
    }

    fn faults(&self) -> Vec<Fault> {
        self.link()
            .read(|connection| verify(connection, None))
            .unwrap()
            .faults
    }
}

fn entry(number: usize) -> Entry {
    Entry::new("request", Decision::Allowed, &Cause::system()).target(&number.to_string())
}

fn place(seq: i64, previous: &str) -> Place<'_> {
    Place {
        seq,
        previous,
        at: crate::model::Timestamp::from_seconds(1),
        at_text: "1970-01-01T00:00:01.000000Z",
    }
}

#[tokio::test]
async fn an_untouched_log_is_intact() {
    let log = Log::with_records(20).await;
    let verification = log
        .link()
        .read(|connection| verify(connection, None))
        .unwrap();
    assert!(verification.intact, "{verification:?}");
    assert_eq!((verification.records, verification.head_seq), (20, 20));
}

#[tokio::test]
async fn records_of_many_callers_are_all_there() {
    let log = Log::new();
    let journal = Arc::new(log.journal());
    let callers: Vec<_> = (0..100)
        .map(|number| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move { journal.record(entry(number)).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let verification = log
        .link()
        .read(|connection| verify(connection, None))
        .unwrap();
    assert_eq!((verification.intact, verification.records), (true, 100));
}

#[tokio::test]
async fn a_changed_record_is_named() {
    let log = Log::with_records(9).await;
    log.tamper(&[
        "UPDATE audit_records SET record = replace(record, 'allowed', 'denied') WHERE seq = 5",
    ]);
    assert!(
        matches!(log.faults().as_slice(), [Fault::Changed { seq: 5, .. }]),
        "{:?}",
        log.faults()
    );
}

#[tokio::test]
async fn a_changed_column_is_named() {
    let log = Log::with_records(9).await;
    log.tamper(&["UPDATE audit_records SET client_id = 'someone' WHERE seq = 3"]);
    assert!(
        matches!(log.faults().as_slice(), [Fault::Changed { seq: 3, .. }]),
        "{:?}",
        log.faults()
    );
}

#[tokio::test]
async fn a_record_that_was_changed_together_with_its_hash_is_named() {
    let log = Log::with_records(9).await;
    let forger = entry(99).prepare(std::time::Instant::now());
    let forged = forger.to_row(&place(5, "0000"));
    log.tamper(&[&format!(
        "UPDATE audit_records SET record = '{}', hash = '{}', at = {} WHERE seq = 5",
        forged.record, forged.hash, forged.at
    )]);
    let faults = log.faults();
    assert!(
        matches!(
            faults.as_slice(),
            [Fault::Changed { seq: 4, .. }, Fault::Changed { seq: 5, .. }]
        ),
        "{faults:?}"
    );
}

#[tokio::test]
async fn removed_records_are_named() {
    let log = Log::with_records(9).await;
    log.tamper(&["DELETE FROM audit_records WHERE seq IN (4, 5)"]);
    assert_eq!(log.faults(), [Fault::Removed { first: 4, last: 5 }]);
}

#[tokio::test]
async fn a_removed_tail_is_named() {
    let log = Log::with_records(9).await;
    log.tamper(&["DELETE FROM audit_records WHERE seq > 7"]);
    assert_eq!(log.faults(), [Fault::Removed { first: 8, last: 9 }]);
}

#[tokio::test]
async fn a_record_inserted_behind_the_head_is_named() {
    for behind in [1, 2] {
        let log = Log::with_records(9).await;
        let head = log
            .link()
            .read(crate::storage::audit_records::head)
            .unwrap();
        let seq = head.seq + behind;
        // Well-formed in all that it says, and chained to what is there.
        let forger = entry(99).prepare(std::time::Instant::now());
        let forged = forger.to_row(&place(seq, &head.hash));
        log.tamper(&[&format!(
            "INSERT INTO audit_records \
             (seq, tenant_id, at, event, decision, record, hash) \
             VALUES ({seq}, '{}', {}, '{}', '{}', '{}', '{}')",
            forged.tenant_id, forged.at, forged.event, forged.decision, forged.record, forged.hash
        )]);
        let faults = log.faults();
        let [Fault::Head { detail }] = faults.as_slice() else {
            panic!("{faults:?}");
        };
        assert!(detail.contains(&seq.to_string()), "{detail}");
    }
}

#[tokio::test]
async fn a_record_in_the_way_is_an_outage_until_it_is_gone() {
    let log = Log::with_records(3).await;
    log.tamper(&[
        "INSERT INTO audit_records SELECT seq + 1, tenant_id, at, client_id, event, \
         decision, record, hash FROM audit_records WHERE seq = 3",
    ]);
    let journal = log.journal();
    let recorded = journal.record(entry(4)).await;
    assert!(
        matches!(recorded, Err(StorageError::Unavailable(_))),
        "{recorded:?}"
    );
    let changed = journal.change(entry(5), None, |_| Ok(())).await;
    assert!(
        matches!(changed, Err(StorageError::Unavailable(_))),
        "{changed:?}"
    );
    assert!(!journal.works());
    log.tamper(&["DELETE FROM audit_records WHERE seq = 4"]);
    assert_eq!(journal.record(entry(6)).await, Ok(()));
    assert!(journal.works());
    assert_eq!(log.faults(), []);
}

#[tokio::test]
async fn reordered_records_are_named() {
    let log = Log::with_records(9).await;
    log.tamper(&[
        "UPDATE audit_records SET seq = 100 WHERE seq = 4",
        "UPDATE audit_records SET seq = 4 WHERE seq = 5",
        "UPDATE audit_records SET seq = 5 WHERE seq = 100",
    ]);
    let faults = log.faults();
    assert!(
        faults.contains(&Fault::Reordered { seq: 4, holds: 5 }),
        "{faults:?}"
    );
    assert!(
        faults.contains(&Fault::Reordered { seq: 5, holds: 4 }),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_log_that_was_rewritten_whole_does_not_hold_the_noted_head() {
    let log = Log::with_records(3).await;
    let noted = log
        .link()
        .read(crate::storage::audit_records::head)
        .unwrap();
    let other = Log::with_records(3).await;
    let check = |log: &Log, noted: &Head| {
        log.link()
            .read(|connection| verify(connection, Some(noted)))
            .unwrap()
            .intact
    };
    assert!(check(&log, &noted));
    assert!(!check(&other, &noted));
}

#[tokio::test]
async fn a_rejected_change_leaves_neither_change_nor_record() {
    let log = Log::new();
    let journal = log.journal();
    let outcome: Result<(), _> = journal
        .change(entry(1), None, |connection| {
            diesel::sql_query("INSERT INTO tenants (tenant_id, created_at) VALUES ('other', 1)")
                .execute(connection)?;
            Err(StorageError::Conflict)
        })
        .await;
    assert_eq!(outcome, Err(StorageError::Conflict));
    let accepted = journal.change(entry(2), None, |_| Ok(7)).await;
    assert_eq!(accepted, Ok(7));
    let verification = log
        .link()
        .read(|connection| verify(connection, None))
        .unwrap();
    assert_eq!((verification.intact, verification.records), (true, 1));
    log.tamper(&["INSERT INTO tenants (tenant_id, created_at) VALUES ('other', 1)"]);
}

#[tokio::test]
async fn a_panicking_change_fails_alone_and_the_journal_goes_on() {
    let log = Log::new();
    let journal = log.journal();
    let outcome = journal
        .change(entry(1), None, |_| -> Result<(), _> {
            panic!("on purpose")
        })
        .await;
    assert!(matches!(outcome, Err(StorageError::Unavailable(_))));
    assert_eq!(journal.record(entry(2)).await, Ok(()));
    assert_eq!(log.faults(), []);
}

#[tokio::test]
async fn a_chain_is_verified_in_stretches() {
    let log = Log::with_records(7).await;
    let mut link = log.link();
    let mut reached = Head {
        seq: 0,
        hash: GENESIS.to_owned(),
    };
    let mut records = 0;
    loop {
        let start = reached.clone();
        let stretch = link
            .read(|connection| verify_stretch(connection, &start, 3))
            .unwrap();
        assert_eq!(stretch.faults, []);
        records += stretch.records;
        reached = stretch.reached;
        if stretch.at_end {
            break;
        }
    }
    assert_eq!((records, reached.seq), (7, 7));
    log.tamper(&["UPDATE audit_records SET decision = 'denied' WHERE seq = 5"]);
    let start = Head {
        seq: 3,
        hash: link
            .read(|connection| audit_records::hash_of(connection, 3))
            .unwrap()
            .unwrap(),
    };
    let stretch = link
        .read(|connection| verify_stretch(connection, &start, 2))
        .unwrap();
    assert!(matches!(
        stretch.faults[..],
        [Fault::Changed { seq: 5, .. }]
    ));
}

#[tokio::test]
async fn a_moment_and_a_number_of_refusals_are_found_by_few_reads() {
    let log = Log::with_records(9).await;
    log.tamper(&[
        "UPDATE audit_records SET at = seq * 10",
        "UPDATE audit_records SET decision = 'denied' WHERE seq IN (2, 5, 8)",
    ]);
    let mut link = log.link();
    for (at, seq) in [(0, 1), (10, 1), (11, 2), (50, 5), (90, 9), (91, 10)] {
        let found = link.read(|connection| audit_records::first_since(connection, at));
        assert_eq!(found, Ok(seq), "{at}");
    }
    for (before, most, seq) in [(10, 1, 8), (10, 2, 5), (8, 1, 5), (10, 4, 1), (2, 1, 1)] {
        let found = link.read(|connection| audit_records::refused_since(connection, before, most));
        assert_eq!(found, Ok(seq), "{most} before {before}");
    }
    let filter = Filter {
        refused: true,
        from_seq: Some(5),
        ..Filter::default()
    };
    let rows =
        link.read(|connection| audit_records::select(connection, &filter, Walk::Backward(None), 9));
    let found: Vec<i64> = rows.unwrap().iter().map(|row| row.seq).collect();
    assert_eq!(found, [8, 5]);
}

#[tokio::test]
async fn a_target_is_found_as_it_was_written() {
    let log = Log::new();
    let journal = log.journal();
    for target in ["a/b", "a/bc", "a_b", "\"%", "a/b"] {
        let entry = Entry::new("request", Decision::Allowed, &Cause::system());
        journal
            .record(entry.target(target).detail("say", "\"target\":\"a/bc\","))
            .await
            .unwrap();
    }
    journal.close();
    for (target, count) in [("a/b", 2), ("a/bc", 1), ("a_b", 1), ("\"%", 1), ("a", 0)] {
        let filter = Filter {
            target: Some(target.to_owned()),
            ..Filter::default()
        };
        let rows = log
            .link()
            .read(|connection| audit_records::select(connection, &filter, Walk::Forward(0), 9));
        assert_eq!(rows.unwrap().len(), count, "{target}");
    }
}

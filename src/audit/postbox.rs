//! Tells callers how their records went: with one wake for each event loop, and not one for each caller.
//!
//! A caller awaits its outcome on the event loop that it runs on. To wake that loop from another thread
//! costs a system call, so what a commit has to tell to the callers of one loop goes there in one letter,
//! which a task of that loop opens.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use tokio::runtime::{Handle, Id};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::storage::StorageError;

/// How one item went.
pub(super) type Outcome = Result<(), StorageError>;

type Letter = Vec<(oneshot::Sender<Outcome>, Outcome)>;

/// Where a caller waits.
pub(super) struct Addressee {
    loop_of_caller: UnboundedSender<Letter>,
    done: oneshot::Sender<Outcome>,
}

/// The way to each event loop that has callers.
#[derive(Default)]
pub(super) struct Postboxes(RwLock<HashMap<Id, UnboundedSender<Letter>>>);

impl Postboxes {
    /// The address of the present caller, and where it will find its outcome.
    pub(super) fn address(&self) -> (Addressee, oneshot::Receiver<Outcome>) {
        let (done, outcome) = oneshot::channel();
        let addressee = Addressee {
            loop_of_caller: self.of_this_loop(),
            done,
        };
        (addressee, outcome)
    }

    fn of_this_loop(&self) -> UnboundedSender<Letter> {
        let runtime = Handle::current();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // A loop that ended has taken its task along.
        if let Some(postbox) = known
            .get(&runtime.id())
            .filter(|postbox| !postbox.is_closed())
        {
            return postbox.clone();
        }
        drop(known);
        let (postbox, letters) = unbounded_channel();
        runtime.spawn(open(letters));
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, postbox| !postbox.is_closed());
        known.insert(runtime.id(), postbox.clone());
        postbox
    }
}

async fn open(mut letters: UnboundedReceiver<Letter>) {
    while let Some(letter) = letters.recv().await {
        for (done, outcome) in letter {
            // Whoever does not wait any more need not know.
            let _ = done.send(outcome);
        }
    }
}

/// Sends everybody the outcome.
pub(super) fn tell(outcomes: impl Iterator<Item = (Addressee, Outcome)>) {
    let mut letters: Vec<(UnboundedSender<Letter>, Letter)> = Vec::new();
    for (addressee, outcome) in outcomes {
        let Addressee {
            loop_of_caller,
            done,
        } = addressee;
        let same = |(postbox, _): &&mut (UnboundedSender<Letter>, Letter)| {
            postbox.same_channel(&loop_of_caller)
        };
        match letters.iter_mut().find(same) {
            Some((_, letter)) => letter.push((done, outcome)),
            None => letters.push((loop_of_caller, vec![(done, outcome)])),
        }
    }
    for (postbox, letter) in letters {
        // A loop that ended has nobody left who waits.
        let _ = postbox.send(letter);
    }
}

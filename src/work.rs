//! Threads for work that would hold up an event loop: signatures, password hashes, the database.
//!
//! Each pool has a fixed number of threads and a bounded queue. A full queue is an answer
//! ([`Rejected::Full`]), never a wait without end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Why a pool did not do the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The queue is full.
    #[error("too much work is waiting")]
    Full,
    /// The work panicked, or the pool is going away.
    #[error("the work was not finished")]
    Lost,
}

/// A fixed number of threads, each owning a state of type `S`.
pub struct WorkPool<S> {
    jobs: Sender<Job<S>>,
}

impl<S: 'static> WorkPool<S> {
    /// Starts `threads` threads named `name`, with room for `queue` waiting jobs. Each thread makes
    /// its own state, and makes it anew after a job panicked.
    pub fn start(
        name: &str,
        threads: usize,
        queue: usize,
        make: impl Fn() -> S + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = bounded::<Job<S>>(queue.max(1));
        let make = Arc::new(make);
        for number in 0..threads.max(1) {
            let waiting = waiting.clone();
            let make = Arc::clone(&make);
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || serve(&waiting, make.as_ref()))?;
        }
        Ok(Self { jobs })
    }

    /// Runs `work` on one of the threads and waits for its result.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, Rejected> {
        let (done, result) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| {
            if !done.is_closed() {
                let _ = done.send(work(state));
            }
        });
        match self.jobs.try_send(job) {
            Ok(()) => result.await.map_err(|_| Rejected::Lost),
            Err(TrySendError::Full(_)) => Err(Rejected::Full),
            Err(TrySendError::Disconnected(_)) => Err(Rejected::Lost),
        }
    }

    /// How many jobs wait for a thread.
    pub fn waiting(&self) -> usize {
        self.jobs.len()
    }
}

fn serve<S>(waiting: &Receiver<Job<S>>, make: &(impl Fn() -> S + ?Sized)) {
    let mut state = make();
    while let Ok(job) = waiting.recv() {
        if catch_unwind(AssertUnwindSafe(|| job(&mut state))).is_err() {
            state = make();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_loses_one_job_and_not_the_thread() {
        let pool = WorkPool::start("test", 1, 8, || 0u32).unwrap();
        assert_eq!(
            pool.run(|_| panic!("on purpose")).await,
            Err::<(), _>(Rejected::Lost)
        );
        assert_eq!(
            pool.run(|state| {
                *state += 1;
                *state
            })
            .await,
            Ok(1)
        );
    }

    #[tokio::test]
    async fn a_full_queue_is_refused_at_once() {
        let pool = Arc::new(WorkPool::start("test", 1, 1, || ()).unwrap());
        let (release, hold) = bounded::<()>(0);
        let busy = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(move |()| hold.recv().ok()).await }
        });
        let queued = loop {
            tokio::task::yield_now().await;
            let pool = Arc::clone(&pool);
            let mut attempt = tokio::spawn(async move { pool.run(|()| ()).await });
            tokio::select! {
                outcome = &mut attempt => if outcome.unwrap() == Err(Rejected::Full) { break None },
                () = tokio::time::sleep(std::time::Duration::from_millis(20)) => break Some(attempt),
            }
        };
        assert_eq!(pool.run(|()| ()).await, Err(Rejected::Full));
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        if let Some(queued) = queued {
            queued.await.unwrap().unwrap();
        }
    }
}

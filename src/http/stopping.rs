//! Lets answers that would go on without end hear that the server stops, so that they do not hold it up.

use tokio::sync::watch;

/// Hears that the server stops.
#[derive(Clone)]
pub struct Stopping(watch::Receiver<bool>);

/// Says that the server stops.
pub struct Stop(watch::Sender<bool>);

/// The two ends.
pub fn pair() -> (Stop, Stopping) {
    let (sender, receiver) = watch::channel(false);
    (Stop(sender), Stopping(receiver))
}

impl Stop {
    /// Says it.
    pub fn say(&self) {
        self.0.send_replace(true);
    }
}

impl Stopping {
    /// Waits until the server stops.
    pub async fn heard(&mut self) {
        // An end that is gone says the same.
        let _ = self.0.wait_for(|stops| *stops).await;
    }
}

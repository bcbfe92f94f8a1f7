//! Calls that nobody waited for to their end.

use std::sync::Arc;

use super::context::ActionContext;
use crate::audit::Decision;

/// A call under way. One whose caller went away, so that its future was dropped, is recorded too, unless
/// what it changed was.
pub(super) struct Unfinished(Option<Arc<ActionContext>>);

impl Unfinished {
    /// A call begins.
    pub(super) fn new(context: Arc<ActionContext>) -> Self {
        Self(Some(context))
    }

    /// The call was recorded.
    pub(super) fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some(context) = self.0.take() else {
            return;
        };
        if context.state().recorded {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let entry = context.entry(Decision::Failed, "cancelled");
                if let Err(error) = context.journal().record(entry).await {
                    tracing::error!(%error, "the end of a call could not be recorded");
                }
            });
        }
    }
}

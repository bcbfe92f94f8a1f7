//! Callers over HTTP/2 that do not wait for the answer.
//!
//! Over HTTP/1, actix drops the work on a request when its connection is closed. Over HTTP/2 each request
//! is a task of its own, which goes on when its stream is reset. The body of the request tells of that, if
//! it is asked.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::Version;
use actix_web::web::Bytes;
use futures_util::Stream;

/// How often it is asked.
const LOOK: Duration = Duration::from_millis(500);

/// The body of a request over HTTP/2, shared between what reads it and what looks after the caller.
#[derive(Clone)]
pub struct Line(Rc<RefCell<Body>>);

struct Body {
    payload: Payload,
    /// What was found while looking, and is still to be read.
    ahead: Option<Bytes>,
}

impl Line {
    /// The line to the caller of a request, if it came over HTTP/2.
    pub fn of(request: &mut ServiceRequest) -> Option<Self> {
        if request.version() != Version::HTTP_2 {
            return None;
        }
        let line = Self(Rc::new(RefCell::new(Body {
            payload: request.take_payload(),
            ahead: None,
        })));
        request.set_payload(Payload::Stream {
            payload: Box::pin(line.clone()),
        });
        Some(line)
    }

    /// Ends when the caller has hung up.
    async fn cut(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let look = |context: &mut Context<'_>| self.0.borrow_mut().is_cut(context);
            if poll_fn(|context| Poll::Ready(look(context))).await {
                return;
            }
        }
    }
}

/// Works on a request while its caller waits: `None` if it hung up before that was done. Without a line,
/// actix itself sees to that.
pub async fn while_awaited<T>(line: Option<Line>, work: impl Future<Output = T>) -> Option<T> {
    let Some(line) = line else {
        return Some(work.await);
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = line.cut() => None,
    }
}

impl Body {
    fn is_cut(&mut self, context: &mut Context<'_>) -> bool {
        if self.ahead.is_some() {
            return false;
        }
        match Pin::new(&mut self.payload).poll_next(context) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.ahead = Some(bytes);
                false
            }
            Poll::Ready(Some(Err(_))) => true,
            Poll::Ready(None) | Poll::Pending => false,
        }
    }
}

impl Stream for Line {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.borrow_mut();
        match body.ahead.take() {
            Some(bytes) => Poll::Ready(Some(Ok(bytes))),
            None => Pin::new(&mut body.payload).poll_next(context),
        }
    }
}

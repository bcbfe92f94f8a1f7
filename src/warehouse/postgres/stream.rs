//! The connection's bytes, watched: a message that is too long to be kept in memory ends it.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::tls::Security;

/// The longest message of the server that is read, in bytes: a row, above all.
pub(super) const LONGEST_MESSAGE: u32 = 4 * 1024 * 1024;
/// A message begins with a letter and four bytes of length, which count themselves.
const HEADER: usize = 5;

/// Where a server listens.
#[derive(Debug, Clone)]
pub(super) enum Endpoint {
    Tcp(String, u16),
    Unix(PathBuf),
}

/// A stream to a server.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Endpoint {
    pub(super) async fn connect(&self, security: &Security) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                security.begin(Box::new(stream), host).await?
            }
            Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

/// A stream whose messages from the server are no longer than [`LONGEST_MESSAGE`].
pub(super) struct Watched {
    inner: Box<dyn Stream>,
    header: Vec<u8>,
    /// Bytes of the present message that are still to come.
    remaining: u32,
    exceeded: Arc<AtomicBool>,
}

impl Watched {
    /// `exceeded` is set when a message was too long.
    pub(super) fn new(inner: Box<dyn Stream>, exceeded: Arc<AtomicBool>) -> Self {
        Self {
            inner,
            header: Vec::with_capacity(HEADER),
            remaining: 0,
            exceeded,
        }
    }

    /// Follows the messages in what was read.
    fn follow(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let take = usize::try_from(self.remaining)
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            let (_, rest) = bytes.split_at_checked(take).unwrap_or((bytes, &[]));
            self.remaining = self
                .remaining
                .saturating_sub(u32::try_from(take).unwrap_or(u32::MAX));
            let wanted = HEADER.saturating_sub(self.header.len()).min(rest.len());
            let (header, rest) = rest.split_at_checked(wanted).unwrap_or((rest, &[]));
            bytes = rest;
            self.header.extend_from_slice(header);
            if let [_, length @ ..] = self.header.as_slice()
                && let Ok(length) = <[u8; 4]>::try_from(length)
            {
                self.begin(u32::from_be_bytes(length))?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, length: u32) -> io::Result<()> {
        if length > LONGEST_MESSAGE {
            self.exceeded.store(true, Ordering::Relaxed);
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a message is too long",
            ));
        }
        self.header.clear();
        self.remaining = length.saturating_sub(4);
        Ok(())
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(context, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(this.follow(read))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32) -> Vec<u8> {
        let mut bytes = vec![b'D'];
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.resize(5 + usize::try_from(length).unwrap().min(5000) - 4, 7);
        bytes
    }

    #[test]
    fn messages_are_followed_however_they_are_cut() {
        let mut bytes = Vec::new();
        for length in [4, 5, 300, 4, 4999] {
            bytes.extend(message(length));
        }
        bytes.extend(message(LONGEST_MESSAGE + 1));
        for size in [1, 2, 3, 7, 1000, bytes.len()] {
            let exceeded = Arc::new(AtomicBool::new(false));
            let (stream, _other) = tokio::io::duplex(64);
            let mut watched = Watched::new(Box::new(stream), Arc::clone(&exceeded));
            let refused = bytes
                .chunks(size)
                .any(|chunk| watched.follow(chunk).is_err());
            assert!(refused && exceeded.load(Ordering::Relaxed), "{size}");
        }
        let exceeded = Arc::new(AtomicBool::new(false));
        let (stream, _other) = tokio::io::duplex(64);
        let mut watched = Watched::new(Box::new(stream), exceeded);
        assert!(watched.follow(&message(4999)).is_ok());
    }
}

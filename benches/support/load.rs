//! The load generator: keep-alive HTTP/1.1 over plain TCP, on one thread.
//!
//! It shares the cores with the server that it measures, so it does as little as it can: requests
//! are bytes made beforehand, and of an answer it reads the status and the length. Every answer is
//! checked; one that is not 200 ends the measurement with an error.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::statistics::Sample;

/// Load before the measurement begins, so that connections are open and caches filled.
const RAMP_UP: Duration = Duration::from_millis(300);
/// How much longer than planned a measurement may take before it fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most bytes of an answer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Sends the requests in turn over `connections` connections for as long as the window lasts. Each
/// connection keeps to one of the requests.
pub fn for_a_while(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
    window: Duration,
) -> anyhow::Result<Sample> {
    let from = Instant::now() + RAMP_UP;
    let until = from + window;
    let mut tasks = Vec::new();
    for request in requests.iter().cycle().take(connections) {
        let request = request.clone();
        tasks.push(async move {
            let mut connection = Connection::open(address).await?;
            let mut latencies = Vec::new();
            let mut asked = Instant::now();
            loop {
                connection.exchange(&request).await?;
                let answered = Instant::now();
                if answered >= until {
                    return Ok(latencies);
                }
                if answered >= from {
                    latencies.push(answered.duration_since(asked));
                }
                asked = answered;
            }
        });
    }
    Sample::new(together(tasks, RAMP_UP + window + PATIENCE)?, window)
}

/// Sends each request once, over `connections` connections.
pub fn each_once(
    address: SocketAddr,
    requests: &[Vec<u8>],
    connections: usize,
) -> anyhow::Result<Sample> {
    let waiting = Arc::new(Mutex::new(VecDeque::from(requests.to_vec())));
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let waiting = Arc::clone(&waiting);
        tasks.push(async move {
            let mut connection = Connection::open(address).await?;
            let mut latencies = Vec::new();
            let next = || {
                waiting
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop_front()
            };
            while let Some(request) = next() {
                let asked = Instant::now();
                connection.exchange(&request).await?;
                latencies.push(asked.elapsed());
            }
            Ok(latencies)
        });
    }
    let latencies = together(tasks, PATIENCE)?;
    Sample::new(latencies, began.elapsed())
}

/// The body of the answer to a request.
pub fn body(address: SocketAddr, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let asked = async {
        let mut connection = Connection::open(address).await?;
        connection.exchange(request).await?;
        let mut lines = connection.answer.split_inclusive(|byte| *byte == b'\n');
        let head: usize = lines
            .by_ref()
            .take_while(|line| *line != b"\r\n")
            .map(<[u8]>::len)
            .sum();
        let body = connection.answer.get(head + b"\r\n".len()..);
        body.map(<[u8]>::to_vec).context("an answer without a body")
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(async { tokio::time::timeout(PATIENCE, asked).await })
        .context("the answer did not come in time")?
}

/// Runs the tasks on this thread and gathers the latencies; the first error ends them all.
fn together<F>(tasks: Vec<F>, limit: Duration) -> anyhow::Result<Vec<Duration>>
where
    F: Future<Output = anyhow::Result<Vec<Duration>>> + Send + 'static,
{
    let gathered = async {
        let mut running: JoinSet<_> = tasks.into_iter().collect();
        let mut latencies = Vec::new();
        while let Some(finished) = running.join_next().await {
            latencies.append(&mut finished??);
        }
        anyhow::Ok(latencies)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(async { tokio::time::timeout(limit, gathered).await })
        .context("the answers did not come in time")?
}

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context("connecting to the server")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(LONGEST_ANSWER),
        })
    }

    /// Sends a request and reads the answer whole.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let mut expected = None;
        while expected != Some(self.answer.len()) {
            let read = self.stream.read_buf(&mut self.answer).await?;
            if expected.is_none() {
                expected = length_of_answer(&self.answer)?;
            }
            let too_long = expected.unwrap_or(LONGEST_ANSWER) < self.answer.len();
            if read == 0 || too_long {
                bail!(
                    "an incomplete or overlong answer: {}",
                    beginning(&self.answer)
                );
            }
        }
        Ok(())
    }
}

/// The length in bytes of head and body, once the head is there whole.
fn length_of_answer(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    let mut length_of_head = 0;
    let mut length_of_body = None;
    for (number, line) in answer.split_inclusive(|byte| *byte == b'\n').enumerate() {
        length_of_head += line.len();
        if number == 0 && line.ends_with(b"\n") && !line.starts_with(b"HTTP/1.1 200 ") {
            bail!("an answer that is not 200: {}", beginning(answer));
        }
        if line == b"\r\n" {
            let body: usize = length_of_body.context("an answer without Content-Length")?;
            return Ok(Some(length_of_head + body));
        }
        const NAME: &[u8] = b"content-length:";
        if let Some((name, value)) = line.split_at_checked(NAME.len())
            && name.eq_ignore_ascii_case(NAME)
        {
            length_of_body = std::str::from_utf8(value)?.trim().parse().ok();
        }
    }
    Ok(None)
}

fn beginning(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer).chars().take(600).collect()
}

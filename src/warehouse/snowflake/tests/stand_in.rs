//! A server on loopback that answers as the documentation of the SQL API says, and remembers what it
//! was asked.

use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::keys;

/// What time it is for the stand-in, in seconds since the epoch.
pub const NOW: i64 = 1_795_374_674;

/// How a statement goes.
#[derive(Clone)]
pub struct Script {
    /// How often it is still running when it is asked for.
    pub polls: usize,
    /// How it ends.
    pub end: End,
}

/// How a statement ends.
#[derive(Clone)]
pub enum End {
    /// With these columns, and rows by partition. Text is the partition's body as it is.
    Rows(Value, Vec<Value>),
    /// With this status and body.
    Failure(u16, Value),
}

/// A request that was answered.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub url: Url,
    pub headers: HashMap<String, String>,
    pub body: Value,
}

impl Seen {
    /// A parameter of the address.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.url
            .query_pairs()
            .find_map(|(found, value)| (found == name).then(|| value.into_owned()))
    }
}

struct Statement {
    script: Script,
    is_cancelled: bool,
}

/// Everything the stand-in knows.
#[derive(Default)]
pub struct State {
    pub scripts: HashMap<String, Script>,
    pub seen: Vec<Seen>,
    /// The next requests are refused with these.
    pub refusals: VecDeque<(u16, String)>,
    /// The next statements are taken, but their connection breaks before the answer.
    pub broken: usize,
    /// The next partitions are refused with 429.
    pub crowded_partitions: usize,
    /// How long a statement that is handed in is thought about.
    pub thinking: Duration,
    /// Whether statements are answered at once, as they may be.
    pub is_hasty: bool,
    statements: Vec<Statement>,
    by_request: HashMap<String, usize>,
}

impl State {
    /// How many statements were run.
    pub fn runs(&self) -> usize {
        self.statements.len()
    }

    /// How many statements were stopped.
    pub fn cancelled(&self) -> usize {
        let is_cancelled = |statement: &&Statement| statement.is_cancelled;
        self.statements.iter().filter(is_cancelled).count()
    }
}

/// The server; it ends with the test's runtime.
#[derive(Clone)]
pub struct StandIn {
    pub address: String,
    state: Arc<Mutex<State>>,
}

struct Answer {
    status: u16,
    body: Vec<u8>,
    is_gzip: bool,
    location: Option<String>,
}

impl Answer {
    fn new(status: u16, body: &Value) -> Self {
        Self {
            status,
            body: body.to_string().into_bytes(),
            is_gzip: false,
            location: None,
        }
    }
}

impl StandIn {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand_in = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            state: Arc::default(),
        };
        let served = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { served.serve(stream).await });
            }
        });
        stand_in
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Says how a statement goes that is not over at once.
    pub fn script(&self, sql: &str, polls: usize, end: End) {
        let script = Script { polls, end };
        self.state().scripts.insert(sql.to_owned(), script);
    }

    async fn serve(&self, mut stream: TcpStream) {
        while let Some(seen) = read(&mut stream, &self.address).await {
            let Some(answer) = self.answer(seen).await else {
                return;
            };
            let mut head = format!(
                "HTTP/1.1 {} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
                answer.status,
                answer.body.len()
            );
            if answer.is_gzip {
                head.push_str("content-encoding: gzip\r\n");
            }
            if let Some(location) = answer.location {
                head.push_str(&format!("location: {location}\r\n"));
            }
            head.push_str("\r\n");
            if stream.write_all(head.as_bytes()).await.is_err()
                || stream.write_all(&answer.body).await.is_err()
            {
                return;
            }
        }
    }

    /// `None` breaks the connection.
    async fn answer(&self, seen: Seen) -> Option<Answer> {
        let is_submission = seen.method == "POST" && seen.url.path() == "/api/v2/statements";
        let thinking = self.state().thinking;
        if is_submission && !thinking.is_zero() {
            tokio::time::sleep(thinking).await;
        }
        let mut state = self.state();
        state.seen.push(seen.clone());
        if let Some((status, location)) = state.refusals.pop_front() {
            let mut answer = Answer::new(status, &json!({"code": status.to_string()}));
            answer.location = Some(location).filter(|location| !location.is_empty());
            return Some(answer);
        }
        if let Err(problem) = check(&seen) {
            let body =
                json!({"code": "390144", "message": format!("JWT token is invalid. [{problem}]")});
            return Some(Answer::new(401, &body));
        }
        let path: Vec<String> = seen.url.path_segments()?.map(str::to_owned).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (seen.method.as_str(), path.as_slice()) {
            ("POST", ["api", "v2", "statements"]) => submit(&mut state, &seen),
            ("GET", ["api", "v2", "statements", handle]) => {
                let partition = seen
                    .parameter("partition")
                    .map(|text| text.parse().unwrap());
                Some(progress(&mut state, number(handle)?, partition))
            }
            ("POST", ["api", "v2", "statements", handle, "cancel"]) => {
                let number = number(handle)?;
                state.statements[number].is_cancelled = true;
                Some(Answer::new(
                    200,
                    &json!({"code": "0", "statementHandle": handle}),
                ))
            }
            _ => Some(Answer::new(404, &json!({"code": "390404"}))),
        }
    }
}

fn handle(number: usize) -> String {
    format!("019c9fce-0502-f1fc-0000-{number:012}")
}

fn number(handle: &str) -> Option<usize> {
    handle.rsplit_once('-')?.1.parse().ok()
}

/// What every request has to have.
fn check(seen: &Seen) -> Result<(), &'static str> {
    let header = |name: &str| seen.headers.get(name).map(String::as_str).unwrap_or("");
    let expect = |is_right: bool, problem| if is_right { Ok(()) } else { Err(problem) };
    expect(
        header("x-snowflake-authorization-token-type") == "KEYPAIR_JWT",
        "token type",
    )?;
    expect(header("accept") == "application/json", "accept")?;
    expect(header("user-agent").starts_with("ambit/"), "user agent")?;
    let token = header("authorization")
        .strip_prefix("Bearer ")
        .ok_or("no token")?;
    let claims = keys::claims(token).ok_or("signature")?;
    let issuer = format!("MYORG-ACCOUNT1.AMBIT.SHA256:{}", keys::fingerprint());
    expect(claims["iss"] == issuer.as_str(), "issuer")?;
    expect(claims["sub"] == "MYORG-ACCOUNT1.AMBIT", "subject")?;
    let (issued, expires) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    let (issued, expires) = (issued.ok_or("iat")?, expires.ok_or("exp")?);
    expect(issued <= NOW, "issued in the future")?;
    expect(expires - issued <= 3600, "lives too long")?;
    expect(NOW < expires, "expired")
}

fn submit(state: &mut State, seen: &Seen) -> Option<Answer> {
    if seen.body["parameters"]["MULTI_STATEMENT_COUNT"] != "1"
        || seen.headers.get("content-type").map(String::as_str) != Some("application/json")
    {
        return Some(Answer::new(400, &json!({"code": "390400"})));
    }
    let request = seen.parameter("requestId").unwrap();
    let is_retry = seen.parameter("retry").as_deref() == Some("true");
    let number = match state.by_request.get(&request) {
        Some(_) if !is_retry => {
            return Some(Answer::new(422, &json!({"code": "391918"})));
        }
        Some(known) => *known,
        None => {
            let sql = seen.body["statement"].as_str().unwrap();
            let script = state.scripts.get(sql).cloned().unwrap_or_else(|| Script {
                polls: 0,
                end: End::Failure(
                    422,
                    json!({"code": "001003", "sqlState": "42000", "message":
                        "SQL compilation error:\nsyntax error line 1 at position 0 unexpected 'nonsense'."}),
                ),
            });
            state.statements.push(Statement {
                script,
                is_cancelled: false,
            });
            let number = state.statements.len() - 1;
            state.by_request.insert(request, number);
            number
        }
    };
    if state.broken > 0 {
        state.broken -= 1;
        return None;
    }
    if state.is_hasty {
        return Some(progress(state, number, None));
    }
    Some(running(number))
}

fn running(number: usize) -> Answer {
    let handle = handle(number);
    Answer::new(
        202,
        &json!({
            "code": "333334",
            "message": "Asynchronous execution in progress. Use provided query id to perform query \
                        monitoring and management.",
            "statementHandle": handle,
            "statementStatusUrl": format!("/api/v2/statements/{handle}"),
        }),
    )
}

fn progress(state: &mut State, number: usize, partition: Option<usize>) -> Answer {
    let statement = &mut state.statements[number];
    if statement.is_cancelled {
        let body =
            json!({"code": "000604", "sqlState": "57014", "message": "SQL execution canceled"});
        return Answer::new(422, &body);
    }
    if statement.script.polls > 0 {
        statement.script.polls -= 1;
        return running(number);
    }
    let (row_type, partitions) = match &statement.script.end {
        End::Failure(status, body) => return Answer::new(*status, body),
        End::Rows(row_type, partitions) => (row_type, partitions),
    };
    let Some(partition) = partition.filter(|partition| *partition > 0) else {
        let info: Vec<Value> = partitions
            .iter()
            .map(|rows| json!({"rowCount": rows.as_array().map_or(1, Vec::len), "uncompressedSize": 1}))
            .collect();
        let handle = handle(number);
        return Answer::new(
            200,
            &json!({
                "resultSetMetaData": {"numRows": 1, "format": "jsonv2", "partitionInfo": info,
                                      "rowType": row_type},
                "data": partitions.first().unwrap_or(&json!([])),
                "code": "090001",
                "statementStatusUrl": format!("/api/v2/statements/{handle}"),
                "sqlState": "00000",
                "statementHandle": handle,
                "message": "Statement executed successfully.",
                "createdOn": 1_795_374_674_000_i64,
            }),
        );
    };
    if state.crowded_partitions > 0 {
        state.crowded_partitions -= 1;
        return Answer::new(429, &json!({"code": "390429"}));
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let body = match &partitions[partition] {
        Value::String(body) => body.clone(),
        rows => json!({"data": rows}).to_string(),
    };
    encoder.write_all(body.as_bytes()).unwrap();
    Answer {
        status: 200,
        body: encoder.finish().unwrap(),
        is_gzip: true,
        location: None,
    }
}

async fn read(stream: &mut TcpStream, address: &str) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut request = lines.next()?.split(' ');
    let (method, path) = (request.next()?.to_owned(), request.next()?);
    let url = Url::parse(&format!("{address}{path}")).unwrap();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let body_start = head_end + 4;
    while bytes.len() < body_start + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = serde_json::from_slice(&bytes[body_start..]).unwrap_or(Value::Null);
    Some(Seen {
        method,
        url,
        headers,
        body,
    })
}

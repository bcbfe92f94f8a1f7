//! `/healthz`, `/readyz`, `/metrics`.

use serde_json::{Value, json};

use crate::support::{Caller, Server, eventually};

#[test]
fn a_server_that_listens_is_alive_and_ready() {
    let server = Server::start();
    let body = |path: &str| server.anonymous().get(path).expect(200).json::<Value>();
    assert_eq!(body("/healthz"), json!({"status": "alive"}));
    assert_eq!(body("/readyz"), json!({"status": "ready"}));
}

#[test]
fn a_probe_may_name_any_host() {
    let server = Server::start();
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = server.raw(format!("GET {path} HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let answer = server.raw("GET /public HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
}

#[test]
fn metrics_are_what_prometheus_reads() {
    let server = Server::start();
    let answer = server.anonymous().get("/metrics").expect(200);
    let content_type = answer.header("content-type").unwrap();
    assert!(
        content_type.starts_with("text/plain; version=0.0.4"),
        "{content_type}"
    );
    for line in answer.body.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.rsplit_once(' ').unwrap();
        value
            .parse::<f64>()
            .unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

#[test]
fn requests_are_counted_by_route_method_and_status() {
    let server = Server::start();
    let requests = |labels: &str| value(&server, &format!("ambit_http_requests_total{{{labels}}}"));
    let route = "/admin/api/clients/{client_id}";
    for _ in 0..3 {
        server.admin().get("/admin/api/clients/nobody").expect(404);
    }
    let labels = format!("method=\"GET\",route=\"{route}\",status=\"404\"");
    assert_eq!(requests(&labels), 3.0);
    let latency = format!("ambit_http_request_duration_seconds_count{{route=\"{route}\"}}");
    assert_eq!(value(&server, &latency), 3.0);
    // A stranger's words are no labels: whatever is asked for, the series stay as many.
    for path in ["/a", "/b", "/c\"d"] {
        server.anonymous().get(path).expect(404);
    }
    assert_eq!(
        requests("method=\"GET\",route=\"unmatched\",status=\"404\""),
        3.0
    );
}

#[test]
fn tokens_are_counted_as_issued_and_as_refused_by_reason() {
    let server = Server::start();
    let client = server.create_client("Counted", &["protected"]);
    server.token(&client);
    server.token(&client);
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "highly_sensitive"),
    ];
    server
        .anonymous()
        .with_basic(&client)
        .post_form("/token", &form)
        .expect(400);
    assert_eq!(
        value(
            &server,
            "ambit_tokens_issued_total{grant_type=\"client_credentials\"}"
        ),
        2.0
    );
    let metrics = server.metrics();
    let refused = "ambit_tokens_refused_total{error=\"invalid_scope\"";
    assert_eq!(
        metrics
            .lines()
            .filter(|line| line.starts_with(refused))
            .count(),
        1,
        "{metrics}"
    );
}

#[test]
fn actions_are_counted_by_decision() {
    let server = Server::start();
    let agent = server.agent(&server.create_client("Counted", &["protected"]));
    agent.get("/protected").expect(200);
    agent.get("/highly_confidential").expect(403);
    let actions = |decision: &str, target: &str| {
        let labels = format!("decision=\"{decision}\",target=\"{target}\"");
        value(&server, &format!("ambit_actions_total{{{labels}}}"))
    };
    assert_eq!(actions("allowed", "GET /protected"), 1.0);
    assert_eq!(actions("denied", "GET /highly_confidential"), 1.0);
}

#[test]
fn hashing_audit_and_database_are_measured() {
    let server = Server::start();
    let client = server.create_client("Measured", &["protected"]);
    let records = |server: &Server| value(server, "ambit_audit_batch_records_sum");
    let before = records(&server);
    server.token(&client);
    assert!(records(&server) > before);
    assert!(value(&server, "ambit_audit_lag_seconds_count") > 0.0);
    assert_eq!(value(&server, "ambit_database_pool_size"), 8.0);
    let open = value(&server, "ambit_database_connections");
    assert!((1.0..=8.0).contains(&open), "{open}");
    assert_eq!(value(&server, "ambit_database_up"), 1.0);
    for idle in [
        "ambit_argon2_queue",
        "ambit_audit_queue",
        "ambit_database_queue",
    ] {
        eventually(idle, || (value(&server, idle) == 0.0).then_some(()));
    }
    let metrics = server.metrics();
    assert!(
        metrics.contains("ambit_argon2_duration_seconds_count{outcome="),
        "{metrics}"
    );
}

/// One series' value; 0 where there is none yet.
fn value(server: &Server, series: &str) -> f64 {
    let metrics = server.metrics();
    let lines = metrics.lines();
    let mut values = lines.filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    values.next().map_or(0.0, |value| value.parse().unwrap())
}

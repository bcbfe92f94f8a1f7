//! `/actions/common_actions/...`: which tables there are, what they mean, and SQL over them.

use serde_json::{Value, json};

use super::figures::{call_for_all, load, load_with_null, path};
use crate::support::{Agent, Answer, Caller, Server};

/// A model of an operator's own over a table of pay slips, with a row filter and masks.
const PAYROLL: &str = r#"version: 0.2.0.dev0
name: payroll
datasets:
  - name: pay
    source: pay_slips
    description: What people are paid.
    fields:
      - name: person
        expression: {dialects: [{dialect: ANSI_SQL, expression: person}]}
        datatype: String
      - name: amount
        expression: {dialects: [{dialect: ANSI_SQL, expression: amount}]}
        datatype: Integer
      - name: owner
        expression: {dialects: [{dialect: ANSI_SQL, expression: owner}]}
        datatype: String
    custom_extensions:
      - vendor_name: AMBIT
        data: '{"scope": "protected", "row_filter": "owner = :client_id", "masks": {"person": "redact"}}'
"#;

/// A server with the full files in its warehouse.
#[track_caller]
fn server() -> Server {
    let server = Server::with([("AMBIT_WAREHOUSE_QUERY_TIMEOUT_SECONDS", "2")]).start();
    let data = path("data");
    load(&server, &data.join("releases.csv"), "releases");
    load(
        &server,
        &data.join("release_changes.csv"),
        "release_changes",
    );
    let events = data.join("incident_event_log.csv");
    load_with_null(&server, &events, "incident_events", "?");
    server
}

#[track_caller]
fn agent(server: &Server, scopes: &[&str]) -> Agent {
    server.agent(&server.create_client("Analyst", scopes))
}

fn query(agent: &Agent, input: &Value) -> Answer {
    agent.post_json("/actions/common_actions/query", input)
}

fn names(tables: &Value) -> Vec<&str> {
    let tables = tables["tables"].as_array().unwrap();
    tables
        .iter()
        .map(|table| table["name"].as_str().unwrap())
        .collect()
}

#[test]
fn a_table_is_there_for_whoever_holds_its_scope() {
    let server = server();
    let list = "/actions/common_actions/list_accessible_tables";
    let metadata = "/actions/common_actions/list_table_metadata";
    let search = "/actions/common_actions/search_metadata";
    let nobody = agent(&server, &["warehouse:read"]);
    assert_eq!(
        nobody.get(list).expect(200).json::<Value>()["tables"],
        json!([])
    );
    let refused = nobody
        .get_query(metadata, &[("table", "releases")])
        .expect(404);
    assert!(
        !refused.body.contains("incident_events"),
        "{}",
        refused.body
    );

    let releases = agent(&server, &["warehouse:read", "releases:read"]);
    let tables: Value = releases.get(list).expect(200).json();
    assert_eq!(names(&tables), ["release_changes", "releases"]);
    let all: Value = releases.get(metadata).expect(200).json();
    assert_eq!(names(&all), ["release_changes", "releases"]);
    let one: Value = releases
        .get_query(metadata, &[("table", "releases")])
        .expect(200)
        .json();
    let table = &one["tables"][0];
    for part in ["fields", "relationships", "metrics", "verified_queries"] {
        assert!(
            !table[part].as_array().unwrap().is_empty(),
            "{part}: {table}"
        );
    }
    for field in table["fields"].as_array().unwrap() {
        assert!(
            field["description"].is_string() && field["type"].is_string(),
            "{field}"
        );
    }
    let yaml: Value = releases
        .get_query(metadata, &[("format", "yaml")])
        .expect(200)
        .json();
    let yaml = yaml["yaml"].as_str().unwrap();
    assert!(
        yaml.contains("version: 0.2.0.dev0") && yaml.contains("release_changes"),
        "{yaml}"
    );
    assert!(!yaml.contains("incident_events"), "{yaml}");

    let question = [("question", "how many tickets missed the sla?")];
    let hits: Value = releases.get_query(search, &question).expect(200).json();
    assert!(!hits.to_string().contains("incident_events"), "{hits}");
    let tickets = agent(&server, &["warehouse:read", "tickets:read"]);
    let hits: Value = tickets.get_query(search, &question).expect(200).json();
    assert_eq!(
        hits["hits"][0]["tables"],
        json!(["incident_events"]),
        "{hits}"
    );
}

#[test]
fn tables_come_a_page_at_a_time() {
    let server = server();
    let agent = agent(
        &server,
        &["warehouse:read", "releases:read", "tickets:read"],
    );
    for action in ["list_accessible_tables", "list_table_metadata"] {
        let all = |limit: u32| {
            let input = json!({ "limit": limit });
            call_for_all(&agent, "common_actions", action, "tables", &input)
        };
        let whole = all(50);
        assert_eq!(
            names(&whole),
            ["incident_events", "release_changes", "releases"]
        );
        assert_eq!(all(1), whole);
        assert_eq!(all(2), whole);
        let path = format!("/actions/common_actions/{action}");
        let forged = [("cursor", "WyJmb3JnZWQiLCIiXQ")];
        agent.get_query(&path, &forged).expect(422);
    }
    let metadata = "/actions/common_actions/list_table_metadata";
    let page = |more: &[(&str, &str)]| -> Value {
        let mut pairs = vec![("format", "yaml"), ("limit", "1")];
        pairs.extend_from_slice(more);
        agent.get_query(metadata, &pairs).expect(200).json()
    };
    let first = page(&[]);
    let second = page(&[("cursor", first["next_cursor"].as_str().unwrap())]);
    let datasets = |page: &Value| {
        let yaml = page["yaml"].as_str().unwrap();
        ["incident_events", "release_changes", "releases"]
            .map(|table| yaml.contains(&format!("- name: {table}\n")))
    };
    assert_eq!(datasets(&first), [true, false, false]);
    assert_eq!(datasets(&second), [false, true, false]);
    // The cursor of all tables is none of one table's.
    let cursor = first["next_cursor"].as_str().unwrap();
    let of_one = [("table", "releases"), ("cursor", cursor)];
    agent.get_query(metadata, &of_one).expect(422);
}

#[test]
fn every_verified_query_runs_and_answers() {
    let server = server();
    let agent = agent(
        &server,
        &["warehouse:read", "releases:read", "tickets:read"],
    );
    let metadata: Value = agent
        .get("/actions/common_actions/list_table_metadata")
        .expect(200)
        .json();
    let mut ran = 0;
    for table in metadata["tables"].as_array().unwrap() {
        for verified in table["verified_queries"].as_array().unwrap() {
            let answer: Value = query(&agent, &json!({"sql": verified["sql"]}))
                .expect(200)
                .json();
            assert!(answer["row_count"].as_u64().unwrap() > 0, "{verified}");
            ran += 1;
        }
    }
    assert!(ran >= 10, "{ran}");
}

#[test]
fn a_query_answers_columns_with_types_and_bound_parameters() {
    let server = server();
    let agent = agent(&server, &["warehouse:read", "releases:read"]);
    let sql = "WITH of_kind AS (SELECT * FROM releases WHERE kind = ? AND released_at >= ?) \
               SELECT COUNT(*) AS n, MIN(released_at) AS first FROM of_kind";
    let input = json!({"sql": sql, "parameters": ["patch", "2026-01-01"]});
    let answer: Value = query(&agent, &input).expect(200).json();
    assert_eq!(
        answer["columns"][0],
        json!({"name": "n", "type": "integer"})
    );
    assert_eq!(answer["row_count"], 1);
    assert_eq!(answer["truncated"], Value::Null);
    assert_eq!(answer["applied"][0]["table"], "releases");
    let hostile = json!({"sql": sql, "parameters": ["patch' OR '1'='1", "2026-01-01"]});
    let answer: Value = query(&agent, &hostile).expect(200).json();
    assert_eq!(answer["rows"][0][0], 0);

    let some = json!({"sql": "SELECT version FROM releases ORDER BY version", "max_rows": 3});
    let answer: Value = query(&agent, &some).expect(200).json();
    assert_eq!(answer["row_count"], 3);
    assert_eq!(answer["truncated"], "rows");
    let usual = json!({"sql": "SELECT number FROM incident_events ORDER BY number"});
    let tickets = server.create_client("Tickets", &["warehouse:read", "tickets:read"]);
    let answer: Value = query(&server.agent(&tickets), &usual).expect(200).json();
    assert_eq!(answer["row_count"], 100);
    assert_eq!(answer["truncated"], "rows");
    for wrong in [
        json!({"sql": "SELECT 1", "parameters": [[1]]}),
        json!({"sql": "SELECT version FROM releases WHERE kind = ?"}),
        json!({"sql": "SELECT version FROM releases", "parameters": [1]}),
        json!({"sql": ""}),
        json!({"sql": "SELECT 1", "max_rows": 0}),
        json!({"sql": "SELECT 1", "max_row": 1}),
        json!({"sql": 1}),
        json!({}),
    ] {
        query(&agent, &wrong).expect(422);
    }
}

#[test]
fn no_way_round_the_guard_reads_or_changes_anything() {
    let server = server();
    let agent = agent(&server, &["warehouse:read", "releases:read"]);
    let count = json!({"sql": "SELECT COUNT(*) AS n FROM releases"});
    let before: Value = query(&agent, &count).expect(200).json();
    for sql in [
        "DROP TABLE releases",
        "DELETE FROM releases",
        "SELECT 1; DROP TABLE releases",
        "WITH gone AS (DELETE FROM releases RETURNING *) SELECT * FROM gone",
        "SELECT * FROM incident_events",
        "SELECT * FROM \"incident_events\"",
        "SELECT * FROM releases, incident_events",
        "SELECT (SELECT COUNT(*) FROM incident_events) FROM releases",
        "SELECT * FROM releases WHERE version IN (SELECT number FROM incident_events)",
        "SELECT * FROM main.incident_events",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT * FROM information_schema.tables",
        "ATTACH DATABASE 'ambit.db' AS ambit",
        "PRAGMA table_list",
        "SELECT * FROM pragma_table_list",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT * FROM dblink('dbname=ambit', 'SELECT 1') AS t(a int)",
        "SELECT pg_sleep(60)",
        "SELECT load_extension('x')",
        "SELECT rowid FROM releases",
        "SELECT ctid, xmin FROM releases",
        "SELECT releases FROM releases",
        "SELECT 'releases'::regclass",
        "SELECT * INTO stolen FROM releases",
        "COPY releases TO '/tmp/stolen'",
        "SELECT * FROM releases FOR UPDATE",
        "WITH RECURSIVE bomb(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM bomb) SELECT n FROM bomb",
        "SELECT * FROM generate_series(1, 1000000000)",
        "SELECT randomblob(1000000000)",
        "SELECT * FROM releases /* */ UNION SELECT number, NULL, NULL, NULL FROM incident_events",
        "SELECT * FROM ｒeleases, ıncident_events",
        "EXPLAIN SELECT * FROM releases",
        "VACUUM",
        "SET ROLE postgres",
    ] {
        let answer = query(&agent, &json!({ "sql": sql }));
        assert_eq!(answer.status, 422, "{sql}: {}", answer.body);
        let problem: Value = answer.json();
        assert_eq!(problem["type"], "urn:ambit:problem:refused", "{sql}");
        assert!(
            problem["detail"].as_str().unwrap().len() > 20,
            "{sql}: {problem}"
        );
    }
    let after: Value = query(&agent, &count).expect(200).json();
    assert_eq!(after["rows"], before["rows"]);
    server.anonymous().get("/readyz").expect(200);
}

#[test]
fn a_query_without_end_is_stopped() {
    let server = server();
    let agent = agent(&server, &["warehouse:read", "releases:read"]);
    let sql = "SELECT COUNT(*) AS n FROM release_changes a, release_changes b, release_changes c \
               WHERE a.title < b.title AND b.title < c.title";
    let answer = query(&agent, &json!({ "sql": sql })).expect(504);
    assert!(
        answer.body.contains("urn:ambit:problem:deadline"),
        "{}",
        answer.body
    );
    query(&agent, &json!({"sql": "SELECT 1 AS one"})).expect(200);
}

#[test]
fn row_filters_and_masks_hold_whatever_the_sql_says() {
    let server = Server::with([("AMBIT_SEMANTIC_DIR", ".")])
        .file("payroll.yaml", PAYROLL)
        .start();
    let mine = server.create_client("Mine", &["warehouse:read", "protected"]);
    let slips = format!(
        "person,amount,owner\nAda,100,{0}\nBob,200,somebody\nCleo,300,{0}\n",
        mine.client_id
    );
    let file = server.folder().join("pay.csv");
    std::fs::write(&file, slips).unwrap();
    load(&server, &file, "pay_slips");
    let agent = server.agent(&mine);
    let ask = |sql: &str| -> Value { query(&agent, &json!({ "sql": sql })).expect(200).json() };
    let all = ask("SELECT person, amount FROM pay ORDER BY amount");
    assert_eq!(all["rows"], json!([["redacted", 100], ["redacted", 300]]));
    let applied = &all["applied"][0];
    assert_eq!(applied["masked_columns"], json!(["person"]));
    assert!(
        applied["row_filter"]
            .as_str()
            .unwrap()
            .contains("client_id"),
        "{applied}"
    );
    for sql in [
        "SELECT COUNT(*) AS n FROM pay WHERE amount = 200 OR 1 = 1",
        "SELECT COUNT(*) AS n FROM (SELECT * FROM pay) p",
        "WITH pay_slips AS (SELECT * FROM pay) SELECT COUNT(*) AS n FROM pay_slips",
        "SELECT COUNT(*) AS n FROM pay x WHERE EXISTS (SELECT 1 FROM pay y WHERE y.amount = x.amount)",
    ] {
        assert_eq!(ask(sql)["rows"], json!([[2]]), "{sql}");
    }
    for sql in [
        "SELECT person FROM pay WHERE person = 'Ada'",
        "SELECT person FROM pay WHERE person LIKE 'A%'",
    ] {
        assert_eq!(ask(sql)["row_count"], 0, "{sql}");
    }
    query(&agent, &json!({"sql": "SELECT * FROM pay_slips"})).expect(422);
}

#[test]
fn what_was_asked_is_in_the_audit_log() {
    let server = server();
    let agent = agent(&server, &["warehouse:read", "releases:read"]);
    let sql = "SELECT kind FROM releases GROUP BY kind";
    query(&agent, &json!({ "sql": sql })).expect(200);
    let log = server.cli_stdout(["audit", "export"]);
    let record = log
        .lines()
        .find(|line| line.contains("GROUP BY kind"))
        .unwrap();
    assert!(
        record.contains("common_actions/query") && record.contains("\"allowed\""),
        "{record}"
    );
    assert!(record.contains("\"tables\":\"releases\""), "{record}");
}

#[test]
fn an_explanation_names_the_statement_and_reads_nothing() {
    let server = server();
    let agent = agent(&server, &["warehouse:read", "releases:read"]);
    let path = "/actions/common_actions/explain_query";
    let input =
        json!({"sql": "SELECT kind FROM releases WHERE version = ?", "parameters": ["0.5.22"]});
    let answer: Value = agent.post_json(path, &input).expect(200).json();
    assert!(
        answer["statement"]
            .as_str()
            .unwrap()
            .contains("released_at"),
        "{answer}"
    );
    assert!(!answer["plan"].as_array().unwrap().is_empty(), "{answer}");
    agent
        .post_json(path, &json!({"sql": "SELECT * FROM sqlite_master"}))
        .expect(422);
}

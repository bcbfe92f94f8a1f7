//! `ambit semantic`: models are held against the warehouse, shown, and written into it.

use std::{fs, path::Path, process::Output};

use serde_json::{Value, json};

use crate::support::{Caller, Server, ServerBuilder};

const RELEASES: &str = "version,kind,released_at\n1.0.0,major,2026-01-02T03:04:05Z\n1.0.1,patch,2026-01-03T03:04:05Z\n";

/// A model in which nothing is wrong.
const MODEL: &str = r#"version: 0.2.0.dev0
name: shop
datasets:
  - name: things
    source: shipped
    primary_key: [version]
    description: What was shipped.
    fields:
      - name: version
        expression: {dialects: [{dialect: ANSI_SQL, expression: version}]}
        datatype: String
        description: The version.
        ai_context: {synonyms: [tag]}
      - name: kind
        expression: {dialects: [{dialect: ANSI_SQL, expression: UPPER(kind)}]}
        datatype: String
      - name: released_at
        expression: {dialects: [{dialect: ANSI_SQL, expression: released_at}]}
        datatype: DateTimeTz
metrics:
  - name: thing_count
    expression: {dialects: [{dialect: ANSI_SQL, expression: COUNT(things.version)}]}
custom_extensions:
  - vendor_name: AMBIT
    data: |
      {"scope": "protected", "verified_queries": [
        {"name": "kinds", "question": "Which kinds?", "sql": "SELECT DISTINCT kind FROM things"}
      ]}
"#;

/// A server whose warehouse has one table, `shipped`.
fn server() -> Server {
    let server = ServerBuilder::new().file("shipped.csv", RELEASES).start();
    load(&server, "shipped.csv", "shipped");
    server
}

#[track_caller]
fn load(server: &Server, file: &str, table: &str) {
    server.cli_stdout(["warehouse", "load", file, "--table", table, "--null", "?"]);
}

/// Lints one model, with what is found as JSON.
fn lint(server: &Server, model: &str) -> (Output, Vec<Value>) {
    fs::write(server.folder().join("model.yaml"), model).expect("a file can be written");
    let output = server.cli(["semantic", "lint", "model.yaml", "--json"]);
    let findings = serde_json::from_slice(&output.stdout).expect("findings are JSON");
    (output, findings)
}

#[test]
fn a_model_that_fits_the_warehouse_passes() {
    let server = server();
    let (output, findings) = lint(&server, MODEL);
    assert!(output.status.success(), "{output:?}");
    assert!(findings.is_empty(), "{findings:?}");
}

#[test]
fn lint_finds_each_planted_mistake() {
    let server = server();
    let planted = [
        ("source: shipped", "source: nowhere", 4, "no table nowhere"),
        (
            "expression: version}",
            "expression: vision}",
            9,
            "no column vision",
        ),
        (
            "expression: UPPER(kind)",
            "expression: UPPER(mind)",
            14,
            "cannot be read",
        ),
        (
            "datatype: DateTimeTz",
            "datatype: Boolean",
            17,
            "boolean by its datatype",
        ),
        (
            "primary_key: [version]",
            "primary_key: [number]",
            4,
            "names number",
        ),
        (
            "COUNT(things.version)",
            "COUNTED(things.version)",
            21,
            "metric thing_count does not run",
        ),
        (
            "COUNT(things.version)",
            "COUNT(others.version)",
            21,
            "no dataset others",
        ),
        (
            "SELECT DISTINCT kind",
            "SELECT DISTINCT sort",
            27,
            "verified query kinds does not run",
        ),
        (
            "FROM things",
            "FROM sqlite_master",
            27,
            "is not one you may read",
        ),
        (r#""scope": "protected", "#, "", 4, "needs no scope"),
        (
            r#""scope": "protected""#,
            r#""scope": "nobody:read""#,
            4,
            "`ambit scope add nobody:read`",
        ),
        (
            "synonyms: [tag]",
            "synonyms: [kind]",
            9,
            "means kind as well as version",
        ),
        ("name: kind\n", "name: version\n", 14, "already"),
        ("datatype: String", "datatype: Text", 11, "Text"),
        ("fields:", "feilds:", 8, "feilds"),
        ("\"question\"", "\"kwestion\"", 27, "kwestion"),
    ];
    for (right, wrong, line, part) in planted {
        let (output, findings) = lint(&server, &MODEL.replacen(right, wrong, 1));
        assert_eq!(output.status.code(), Some(1), "{wrong}");
        let found = findings.iter().any(|finding| {
            finding["file"] == "model.yaml"
                && finding["line"] == line
                && finding["problem"].as_str().unwrap().contains(part)
        });
        assert!(found, "{wrong}: {findings:#?}");
    }
}

/// A row filter is tried even where no field is computed and nothing else reads the table.
#[test]
fn lint_runs_row_filters() {
    let server = server();
    let (datasets, _) = MODEL.split_once("metrics:").expect("there are metrics");
    let plain = datasets.replace("UPPER(kind)", "kind");
    let filtered = |filter: &str| {
        let access = format!(
            "    custom_extensions:\n      - vendor_name: AMBIT\n        \
             data: '{{\"scope\": \"protected\", \"row_filter\": \"{filter}\"}}'\n"
        );
        format!("{plain}{access}")
    };
    let (output, findings) = lint(&server, &filtered("kind = :client_id"));
    assert!(output.status.success(), "{findings:?}");

    let (output, findings) = lint(&server, &filtered("kynd = :client_id"));
    assert_eq!(output.status.code(), Some(1));
    let [finding] = findings.as_slice() else {
        panic!("{findings:#?}")
    };
    assert_eq!(finding["file"], "model.yaml");
    assert_eq!(finding["line"], 4);
    let problem = finding["problem"].as_str().unwrap();
    assert!(
        problem.contains("things cannot be read with its row filter"),
        "{problem}"
    );
    assert!(problem.contains("kynd"), "{problem}");
}

/// It passes once its scope is there, and does what is said of it.
#[test]
fn the_model_in_the_readme_works() {
    let (_, rest) = include_str!("../../README.md")
        .split_once("```yaml\n")
        .expect("there is a model");
    let (model, _) = rest.split_once("```").expect("it ends");
    let server = ServerBuilder::new().file("shop.yaml", model);
    let server = server.with([("AMBIT_SEMANTIC_DIR", ".")]).start();
    let scope =
        json!({"name": "orders:read", "description": "Read orders", "sensitivity": "normal"});
    let admin = server.admin();
    admin.post_json("/admin/api/scopes", &scope).expect(201);
    let client = server.create_client("Analyst", &["warehouse:read", "orders:read"]);
    let orders = format!(
        "order_id,country,amount,email,card,note,sold_by\n\
         1,de,10.50,ada@example.com,4111-1111-1111-1234,a gift,{0}\n\
         2,at,20.25,,9876,,{0}\n\
         3,at,99.75,bob@example.com,4111-1111-1111-5678,,somebody\n",
        client.client_id
    );
    let file = server.folder().join("orders.csv");
    fs::write(&file, orders).expect("a file can be written");
    load(&server, "orders.csv", "shop_orders");
    let (output, findings) = lint(&server, model);
    assert!(output.status.success(), "{findings:#?}");

    let agent = server.agent(&client);
    let rows = |sql: &str| -> Value {
        let asked = json!({ "sql": sql });
        let answer = agent.post_json("/actions/common_actions/query", &asked);
        answer.expect(200).json::<Value>()["rows"].take()
    };
    assert_eq!(
        rows("SELECT order_id, country, email, card, note FROM orders ORDER BY order_id"),
        json!([
            [1, "DE", "redacted", "****1234", null],
            [2, "AT", null, "****", null]
        ])
    );
    assert_eq!(
        rows(
            "SELECT country, SUM(amount) AS revenue FROM orders GROUP BY country ORDER BY country"
        ),
        json!([["AT", 20.25], ["DE", 10.5]])
    );
}

#[test]
fn dangling_relationships_are_found() {
    let server = server();
    let relationship = "relationships:\n  - name: r\n    from: things\n    to: others\n    from_columns: [version]\n    to_columns: [id]\nmetrics:\n";
    let (_, findings) = lint(&server, &MODEL.replace("metrics:\n", relationship));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0]["problem"]
            .as_str()
            .unwrap()
            .contains("no dataset \"others\"")
    );
}

#[test]
fn the_models_that_come_with_ambit_fit_the_full_data() {
    let server = Server::start();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for (file, table) in [
        ("releases.csv", "releases"),
        ("release_changes.csv", "release_changes"),
        ("incident_event_log.csv", "incident_events"),
        ("audit_risk.csv", "audit_risk"),
    ] {
        load(
            &server,
            data.join(file).to_str().expect("a path is text"),
            table,
        );
    }
    let output = server.cli(["semantic", "lint"]);
    assert!(output.status.success(), "{output:#?}");
}

#[test]
fn tables_that_are_not_loaded_are_named_as_unchecked() {
    let server = server();
    let printed = server.cli_stdout(["semantic", "lint"]);
    assert!(
        printed.contains("audit_risk, incident_events, release_changes, releases"),
        "{printed}"
    );
    assert!(
        printed.contains("Nothing is wrong with what was checked."),
        "{printed}"
    );
}

#[test]
fn what_is_known_is_shown() {
    let server = server();
    fs::create_dir(server.folder().join("semantic")).expect("a folder can be made");
    fs::write(server.folder().join("semantic/shop.yaml"), MODEL).expect("a file can be written");
    assert!(
        server
            .cli_stdout(["semantic", "show"])
            .contains("What was shipped.")
    );
    let one = server.cli_stdout(["semantic", "show", "Things"]);
    assert!(
        one.contains("COUNT(things.version)") && one.contains("Which kinds?"),
        "{one}"
    );
    let json = server.cli_stdout(["semantic", "show", "things", "--json"]);
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["fields"][2]["type"], "timestamp");
    let yaml = server.cli_stdout(["semantic", "show", "things", "--yaml"]);
    let (output, findings) = lint(&server, &yaml);
    assert!(
        findings
            .iter()
            .all(|finding| finding["problem"].as_str().is_some()),
        "{output:?}"
    );
    assert!(
        yaml.starts_with("version: 0.2.0.dev0\nname: shop\n"),
        "{yaml}"
    );
    let unknown = server.cli(["semantic", "show", "nothing"]);
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn synced_metadata_is_read_by_sql() {
    let server = server();
    fs::create_dir(server.folder().join("semantic")).expect("a folder can be made");
    let file = server.folder().join("semantic/shop.yaml");
    let count = |model: &str| {
        fs::write(&file, model).expect("a file can be written");
        server.cli_stdout(["semantic", "sync"])
    };
    let first = count(MODEL);
    assert!(
        first.contains("rows in ambit_semantic_verified_queries"),
        "{first}"
    );
    assert_eq!(count(MODEL), first, "syncing again replaces");
    let tables = server.cli_stdout(["warehouse", "tables", "--json"]);
    let tables: Vec<Value> = serde_json::from_str(&tables).expect("it is JSON");
    let synced = tables.iter().filter(|table| {
        table["name"]
            .as_str()
            .unwrap()
            .starts_with("ambit_semantic_")
    });
    assert_eq!(synced.count(), 6);
    let sql = server.cli_stdout(["semantic", "sync", "--sql"]);
    assert!(sql.contains("'Which kinds?'"), "{sql}");
    fields_are_read_by_sql(&server);
}

/// A model over the synced tables themselves: what it finds was read by SQL.
fn fields_are_read_by_sql(server: &Server) {
    let model = MODEL
        .replace("name: shop", "name: metadata")
        .replace("source: shipped", "source: ambit_semantic_fields")
        .replace("things", "known_fields")
        .replace("thing_count", "known_field_count")
        .replace("primary_key: [version]", "primary_key: [name]")
        .replace("name: version", "name: name")
        .replace("expression: version}", "expression: name}")
        .replace("known_fields.version", "known_fields.name")
        .replace("name: released_at", "name: is_time")
        .replace("expression: released_at}", "expression: is_time}")
        .replace("datatype: DateTimeTz", "datatype: Boolean")
        .replace("UPPER(kind)", "UPPER(dataset)");
    let (output, findings) = lint(server, &model);
    assert!(output.status.success(), "{findings:#?}");
}

#[test]
fn a_server_does_not_start_with_a_broken_model() {
    let refusal = ServerBuilder::new()
        .file(
            "broken.yaml",
            "version: 0.2.0.dev0\nname: shop\ndatasets: none\n",
        )
        .with([("AMBIT_SEMANTIC_DIR", ".")])
        .try_start()
        .err()
        .expect("the server refuses");
    assert!(
        refusal.stderr.contains("broken.yaml:3: "),
        "{}",
        refusal.stderr
    );
}

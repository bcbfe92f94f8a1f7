//! The pages of the semantic layer: what they show, and verified queries under the guard.

use super::Browser;
use crate::support::{Caller, Server, ServerBuilder};

const MODEL: &str = r#"version: 0.2.0.dev0
name: payroll
description: <script>alert(1)</script>
datasets:
  - name: pay
    source: pay_slips
    primary_key: [person]
    description: What people are paid.
    fields:
      - name: person
        expression: {dialects: [{dialect: ANSI_SQL, expression: person}]}
        datatype: String
      - name: amount
        expression: {dialects: [{dialect: ANSI_SQL, expression: amount}]}
        datatype: Integer
    custom_extensions:
      - vendor_name: AMBIT
        data: '{"masks": {"person": "redact"}, "row_filter": "amount < 1000"}'
  - name: hidden
    source: pay_slips
    fields:
      - name: amount
        expression: {dialects: [{dialect: ANSI_SQL, expression: amount}]}
        datatype: Integer
    custom_extensions:
      - vendor_name: AMBIT
        data: '{"scope": "highly_sensitive"}'
metrics:
  - name: total_pay
    expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(pay.amount)}]}
custom_extensions:
  - vendor_name: AMBIT
    data: |
      {"scope": "protected", "verified_queries": [
        {"name": "what is/paid", "question": "What is paid to whom?", "sql": "SELECT person, amount FROM pay ORDER BY amount"},
        {"name": "hidden_too", "question": "What is hidden?", "sql": "SELECT amount FROM hidden"}
      ]}
"#;

const RUN: &str = "/admin/semantic/queries/payroll/what%20is%2Fpaid";

fn server() -> Server {
    let slips = "person,amount\nAnn,10\n<b>Bob</b>,20\nCy,5000\n";
    let server = ServerBuilder::new()
        .file("payroll.yaml", MODEL)
        .file("slips.csv", slips)
        .with([("AMBIT_SEMANTIC_DIR", ".")])
        .start();
    server.cli_stdout(["warehouse", "load", "slips.csv", "--table", "pay_slips"]);
    server
}

#[test]
fn models_are_shown_with_who_may_read_what() {
    let server = server();
    let browser = Browser::signed_in(&server);
    let list = browser.get("/admin/semantic").expect(200).body;
    for part in [
        "payroll",
        "What is paid to whom?",
        "total_pay",
        "1 masked",
        "highly_sensitive",
    ] {
        assert!(list.contains(part), "no {part} in {list}");
    }
    assert!(list.contains("&#60;script&#62;") && !list.contains("<script>alert"));
    assert!(list.contains(&format!("href=\"{RUN}\"")), "{list}");
    let table = browser.get("/admin/semantic/tables/pay").expect(200).body;
    for part in [
        "Shown as redacted",
        "amount &#60; 1000",
        "SUM(pay.amount)",
        "Key",
        "protected",
    ] {
        assert!(table.contains(part), "no {part} in {table}");
    }
    // Every table and query that the page names is there.
    for link in list.split("href=\"/admin/semantic/").skip(1) {
        let link = link.split('"').next().unwrap();
        browser.get(&format!("/admin/semantic/{link}")).expect(200);
    }
    for nothing in [
        "tables/none",
        "tables/%00",
        "queries/payroll/none",
        "queries/none/x",
    ] {
        browser
            .get(&format!("/admin/semantic/{nothing}"))
            .expect(404);
    }
}

#[test]
fn a_verified_query_runs_as_a_client_under_the_guard() {
    let server = server();
    let browser = Browser::signed_in(&server);
    let reader = server.create_client("Reader", &["warehouse:read", "protected"]);
    let stranger = server.create_client("Stranger", &["protected"]);
    let run = |path: &str, client_id: &str| {
        browser.send(path, &[("client_id", client_id), ("rows", "20")])
    };
    let page = run(RUN, &reader.client_id).expect(200).body;
    assert_eq!(page.matches("<span>redacted</span>").count(), 2, "{page}");
    assert!(
        page.contains(">10</span>") && page.contains("2 rows"),
        "{page}"
    );
    assert!(!page.contains("Ann") && !page.contains("5000"), "{page}");
    let page = run(RUN, &stranger.client_id).expect(200).body;
    assert!(
        page.contains("Not answered") && page.contains("It needs warehouse:read"),
        "{page}"
    );
    // A table whose own scope the client lacks is as good as none.
    let hidden = "/admin/semantic/queries/payroll/hidden_too";
    let page = run(hidden, &reader.client_id).expect(200).body;
    assert!(
        page.contains("Not answered") && !page.contains("5000"),
        "{page}"
    );
    for nobody in ["", "\0", "client_2dXyq0cVSYGmR4mCkZzPQA"] {
        run(RUN, nobody).expect(422);
    }
    let log = server
        .admin()
        .get("/admin/api/audit?event=action")
        .expect(200)
        .body;
    assert!(
        log.contains("SELECT person, amount") && log.contains("\"gui\""),
        "{log}"
    );
}

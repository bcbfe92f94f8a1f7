//! What a caller's SQL works out, it works out on rows that pass the filter alone: no error of a cast
//! or a division tells of a row that cannot be seen.

use serde_json::{Value, json};

use super::figures::load;
use crate::support::{Backend, Caller, Server};

/// The same source twice: with a row filter, and without.
const NOTES: &str = r#"version: 0.2.0.dev0
name: notes
datasets:
  - name: mine
    source: note_rows
    fields:
      - {name: text, expression: {dialects: [{dialect: ANSI_SQL, expression: text}]}, datatype: String}
      - {name: amount, expression: {dialects: [{dialect: ANSI_SQL, expression: amount}]}, datatype: Integer}
    custom_extensions:
      - vendor_name: AMBIT
        data: '{"scope": "protected", "row_filter": "owner = :client_id"}'
  - name: everyones
    source: note_rows
    fields:
      - {name: text, expression: {dialects: [{dialect: ANSI_SQL, expression: text}]}, datatype: String}
      - {name: amount, expression: {dialects: [{dialect: ANSI_SQL, expression: amount}]}, datatype: Integer}
    custom_extensions:
      - vendor_name: AMBIT
        data: '{"scope": "protected"}'
"#;

/// Each goes off on the row that is hidden, and counts the two that are not. `@` is the table.
const PROBES: &[&str] = &[
    "SELECT COUNT(*) AS n FROM @ WHERE 1000 / (amount - 200) < 1000",
    "SELECT COUNT(*) AS n FROM @ WHERE CAST(text AS INTEGER) > 0",
    "SELECT COUNT(*) AS n FROM @ WHERE CAST(text AS INTEGER) > 0 AND amount IS NOT NULL",
    "SELECT COUNT(*) AS n FROM @ WHERE CAST(text AS INTEGER) IN (1, 3)",
    "SELECT COUNT(*) AS n FROM (SELECT text AS t FROM @) AS x WHERE CAST(t AS INTEGER) > 0",
    "SELECT COUNT(*) AS n FROM (SELECT DISTINCT text AS t FROM @) AS x WHERE CAST(t AS INTEGER) > 0",
    "WITH x AS (SELECT * FROM @) SELECT COUNT(*) AS n FROM x WHERE CAST(text AS INTEGER) > 0",
    "WITH x AS NOT MATERIALIZED (SELECT * FROM @) \
     SELECT COUNT(*) AS n FROM x WHERE CAST(text AS INTEGER) > 0",
    "SELECT COUNT(*) FILTER (WHERE CAST(text AS INTEGER) > 0) AS n FROM @",
    "SELECT COUNT(*) AS n FROM @ AS x JOIN @ AS y ON CAST(x.text AS INTEGER) = CAST(y.text AS INTEGER)",
    "SELECT COUNT(*) AS n FROM (SELECT 1 AS one) AS x LEFT JOIN @ AS y ON CAST(y.text AS INTEGER) > 0",
    "SELECT COUNT(*) AS n FROM @ AS x WHERE EXISTS \
     (SELECT 1 FROM @ AS y WHERE CAST(y.text AS INTEGER) = CAST(x.text AS INTEGER))",
    "SELECT COUNT(*) AS n FROM (SELECT text FROM @ UNION ALL SELECT '0') AS x \
     WHERE CAST(text AS INTEGER) > 0",
    "SELECT COUNT(*) AS n FROM @ AS x(t, a) WHERE CAST(t AS INTEGER) > 0",
    "SELECT COUNT(*) AS n FROM (SELECT text, COUNT(*) AS m FROM @ GROUP BY text \
     HAVING CAST(text AS INTEGER) > 0) AS x",
];

#[test]
fn errors_do_not_tell_of_rows_beyond_the_filter() {
    let server = Server::with([("AMBIT_SEMANTIC_DIR", ".")])
        .file("notes.yaml", NOTES)
        .start();
    let mine = server.create_client("Mine", &["warehouse:read", "protected"]);
    let file = server.folder().join("notes.csv");
    let rows = format!(
        "text,amount,owner\n1,100,{0}\nhidden,200,somebody\n3,300,{0}\n",
        mine.client_id
    );
    std::fs::write(&file, rows).expect("a file can be written");
    load(&server, &file, "note_rows");
    let agent = server.agent(&mine);
    let ask = |probe: &str, table: &str| {
        let input = json!({"sql": probe.replace('@', table)});
        agent.post_json("/actions/common_actions/query", &input)
    };
    for probe in PROBES {
        let answer: Value = ask(probe, "mine").expect(200).json();
        assert_eq!(answer["rows"], json!([[2]]), "{probe}");
        // SQLite makes NULL and 0 of what PostgreSQL has an error for.
        if Backend::of_this_run() == Backend::Postgres {
            ask(probe, "everyones").expect(422);
        }
    }
}

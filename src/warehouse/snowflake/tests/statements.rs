//! Statements that are answered.

use super::super::super::value::{Column, Kind, TableDescription};
use super::*;

#[tokio::test]
async fn every_type_comes_as_its_kind() {
    let stand_in = StandIn::start().await;
    let row_type = json!([
        {"name": "ID", "type": "fixed", "precision": 38, "scale": 0, "nullable": false},
        {"name": "AMOUNT", "type": "FIXED", "precision": 10, "scale": 2},
        {"name": "RATIO", "type": "real"},
        {"name": "Name", "type": "text", "length": 16_777_216},
        {"name": "IS_OPEN", "type": "boolean"},
        {"name": "DAY", "type": "date"},
        {"name": "AT", "type": "timestamp_ntz", "scale": 9},
        {"name": "SEEN", "type": "timestamp_ltz", "scale": 9},
        {"name": "SENT", "type": "timestamp_tz", "scale": 9},
        {"name": "TIME", "type": "time", "scale": 9},
        {"name": "DETAILS", "type": "variant"},
    ]);
    let row = json!([
        "7",
        "-12.50",
        "0.25",
        "é",
        "true",
        "20779",
        "1795374674.500000000",
        "-0.500000000",
        "1795374674.000000000 960",
        "3661.000000000",
        "{\"a\":1}",
    ]);
    let nothing = Json::Array(vec![Json::Null; 11]);
    stand_in.script(
        "SELECT * FROM t",
        1,
        End::Rows(row_type, vec![json!([row, nothing])]),
    );

    let answer = query(&opened(&stand_in), "SELECT * FROM t", vec![], LIMITS)
        .await
        .unwrap();

    let columns: Vec<(&str, Kind)> = answer
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.kind))
        .collect();
    assert_eq!(
        columns,
        [
            ("id", Kind::Integer),
            ("amount", Kind::Number),
            ("ratio", Kind::Number),
            ("Name", Kind::Text),
            ("is_open", Kind::Boolean),
            ("day", Kind::Date),
            ("at", Kind::Timestamp),
            ("seen", Kind::Timestamp),
            ("sent", Kind::Timestamp),
            ("time", Kind::Text),
            ("details", Kind::Text),
        ]
    );
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(
        answer.rows,
        [
            vec![
                Value::Integer(7),
                Value::Number(-12.5),
                Value::Number(0.25),
                text("é"),
                Value::Boolean(true),
                text("2026-11-22"),
                text("2026-11-22T19:11:14.5Z"),
                text("1969-12-31T23:59:59.5Z"),
                text("2026-11-22T19:11:14Z"),
                text("01:01:01"),
                text("{\"a\":1}"),
            ],
            vec![Value::Null; 11],
        ]
    );
    assert_eq!(answer.truncated, None);
}

#[tokio::test]
async fn partitions_follow_each_other() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", 0, texts(&[&["a", "b"], &["c"], &[], &["d", "e"]]));
    let answer = query(&opened(&stand_in), "q", vec![], LIMITS)
        .await
        .unwrap();
    let expected: Vec<Vec<Value>> = ["a", "b", "c", "d", "e"]
        .map(|text| vec![Value::Text(text.to_owned())])
        .to_vec();
    assert_eq!(answer.rows, expected);
    let fetched: Vec<Option<String>> = stand_in
        .state()
        .seen
        .iter()
        .filter(|seen| seen.method == "GET")
        .map(|seen| seen.parameter("partition"))
        .collect();
    let expected = [None, Some("1"), Some("2"), Some("3")].map(|part| part.map(str::to_owned));
    assert_eq!(fetched, expected);
}

#[tokio::test]
async fn an_answer_may_come_at_once() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", 0, texts(&[&["a"], &["b"]]));
    stand_in.state().is_hasty = true;
    let answer = query(&opened(&stand_in), "q", vec![], LIMITS)
        .await
        .unwrap();
    assert_eq!(answer.rows.len(), 2);
    assert_eq!(stand_in.state().seen.len(), 2);
}

#[tokio::test]
async fn a_statement_is_asked_for_until_it_is_over() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", 3, texts(&[&["a"]]));
    let answer = query(&opened(&stand_in), "q", vec![Value::Integer(5)], LIMITS)
        .await
        .unwrap();
    assert_eq!(answer.rows.len(), 1);
    let state = stand_in.state();
    assert_eq!(state.seen.len(), 1 + 3 + 1);
    assert_eq!(state.cancelled(), 0);
    let body = &state.seen[0].body;
    assert_eq!(
        body["bindings"],
        json!({"1": {"type": "FIXED", "value": "5"}})
    );
    assert_eq!(body["role"], "READER");
    assert_eq!(body["timeout"], 20);
    assert_eq!(state.seen[0].parameter("async").as_deref(), Some("true"));
}

#[tokio::test]
async fn tables_are_what_the_schema_has() {
    let stand_in = StandIn::start().await;
    let row_type = json!([
        {"name": "TABLE_NAME", "type": "text"},
        {"name": "COLUMN_NAME", "type": "text"},
        {"name": "DATA_TYPE", "type": "text"},
        {"name": "NUMERIC_SCALE", "type": "fixed", "scale": 0},
    ]);
    let partitions = vec![
        json!([
            ["RELEASES", "VERSION", "TEXT", null],
            ["RELEASES", "RELEASED_AT", "TIMESTAMP_NTZ", null],
        ]),
        json!([
            ["RELEASES", "CHANGES", "NUMBER", "0"],
            ["Audit Risk", "SCORE", "NUMBER", "2"],
        ]),
    ];
    let sql = super::super::tables::statement("PUBLIC").sql;
    stand_in.script(&sql, 0, End::Rows(row_type, partitions));

    let tables = opened(&stand_in).tables().await.unwrap();

    let column = |name: &str, kind| Column {
        name: name.to_owned(),
        kind,
    };
    assert_eq!(
        tables,
        [
            TableDescription {
                name: "Audit Risk".to_owned(),
                columns: vec![column("score", Kind::Number)],
            },
            TableDescription {
                name: "releases".to_owned(),
                columns: vec![
                    column("version", Kind::Text),
                    column("released_at", Kind::Timestamp),
                    column("changes", Kind::Integer),
                ],
            },
        ]
    );
    let bindings = stand_in.state().seen[0].body["bindings"].clone();
    assert_eq!(bindings, json!({"1": {"type": "TEXT", "value": "PUBLIC"}}));
}

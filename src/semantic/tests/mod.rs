//! Reading and writing models: both forms, every mistake, whatever strangers write.

mod layer;
mod questions;

use proptest::prelude::*;

use super::*;
use crate::model::ScopeSet;

/// A model with one of everything.
pub(super) const ORDERS: &str = r#"
version: 0.2.0.dev0
name: shop
description: What a shop sells.
ai_context: Amounts are in euro.
datasets:
  - name: orders
    source: sales.orders
    primary_key: [id]
    unique_keys: [[number]]
    description: Orders, one a row.
    ai_context:
      instructions: Cancelled orders are here too.
      synonyms: [purchases]
      examples: [How many orders are there?]
      owner: sales
    fields:
      - name: id
        expression:
          dialects: [{dialect: ANSI_SQL, expression: id}]
        datatype: Integer
      - name: customer_id
        expression:
          dialects: [{dialect: ANSI_SQL, expression: customer_id}]
      - name: ordered_at
        expression:
          dialects: [{dialect: ANSI_SQL, expression: ordered_at}]
        datatype: DateTime
        dimension: {is_time: true}
        label: time
        description: When it was ordered.
        ai_context: {synonyms: [purchase date]}
      - name: email
        expression:
          dialects:
            - {dialect: ANSI_SQL, expression: LOWER(email)}
            - {dialect: SNOWFLAKE, expression: 'LOWER(email)::VARCHAR'}
        datatype: String
    custom_extensions:
      - vendor_name: DBT
        data: '{"materialized": "table"}'
      - vendor_name: AMBIT
        data: |
          {
            "row_filter": "tenant_id = :tenant_id",
            "masks": {"email": "redact"}
          }
  - name: customers
    source: customers
    fields:
      - name: id
        expression:
          dialects: [{dialect: ANSI_SQL, expression: id}]
    custom_extensions:
      - vendor_name: AMBIT
        data: '{"scope": "customers:read"}'
relationships:
  - name: orders_to_customers
    from: orders
    to: customers
    from_columns: [customer_id]
    to_columns: [id]
metrics:
  - name: order_count
    expression:
      dialects: [{dialect: ANSI_SQL, expression: COUNT(orders.id)}]
    description: How many orders.
    datatype: Integer
    ai_context: {synonyms: [number of orders]}
custom_extensions:
  - vendor_name: AMBIT
    data: |
      {
        "scope": "orders:read",
        "verified_queries": [
          {"name": "all_orders", "question": "How many orders?",
           "sql": ["SELECT COUNT(*)", "FROM orders"]}
        ]
      }
"#;

fn parsed(text: &str) -> SemanticModel {
    let mut models = parse("shop.yaml", text).unwrap();
    assert_eq!(models.len(), 1);
    models.remove(0)
}

#[track_caller]
fn refused(text: &str, line: u64, part: &str) {
    let errors = parse("shop.yaml", text).expect_err("it is broken");
    assert!(
        errors
            .iter()
            .any(|error| error.place.line == line && error.problem.contains(part)),
        "line {line}, {part:?}: {errors:#?}"
    );
}

/// A model without the places of things, which writing moves.
fn placeless(mut model: SemanticModel) -> SemanticModel {
    let nowhere = Place {
        file: "".into(),
        line: 0,
    };
    model.place = nowhere.clone();
    for dataset in &mut model.datasets {
        dataset.place = nowhere.clone();
        for field in &mut dataset.fields {
            field.place = nowhere.clone();
        }
    }
    for relationship in &mut model.relationships {
        relationship.place = nowhere.clone();
    }
    for metric in &mut model.metrics {
        metric.place = nowhere.clone();
    }
    for query in &mut model.verified_queries {
        query.place = nowhere.clone();
    }
    model
}

#[test]
fn everything_is_read_with_its_place() {
    let model = parsed(ORDERS);
    let [orders, customers] = model.datasets.as_slice() else {
        panic!("two datasets");
    };
    assert_eq!(
        model.ai_context.instructions.as_deref(),
        Some("Amounts are in euro.")
    );
    assert_eq!(orders.place.to_string(), "shop.yaml:7");
    assert_eq!(
        orders.access.scope,
        Some(ScopeSet::parse("orders:read").unwrap())
    );
    assert_eq!(orders.access.masks.get("email"), Some(&Mask::Redact));
    assert_eq!(orders.ai_context.other.get("owner"), Some(&"sales".into()));
    assert_eq!(orders.extensions.len(), 1);
    assert!(orders.fields[2].is_time());
    assert_eq!(
        customers.access.scope,
        Some(ScopeSet::parse("customers:read").unwrap())
    );
    let query = &model.verified_queries[0];
    assert_eq!(query.sql, "SELECT COUNT(*)\nFROM orders");
    let line = (1..)
        .zip(ORDERS.lines())
        .find(|(_, line)| line.contains("all_orders"));
    assert_eq!(query.place.line, line.unwrap().0);
}

#[test]
fn what_is_written_is_read_again() {
    let model = parsed(ORDERS);
    let written = write(std::slice::from_ref(&model)).unwrap();
    assert_eq!(placeless(parsed(&written)), placeless(model), "{written}");
}

#[test]
fn the_built_in_models_are_read() {
    let models = [
        include_str!("../../actions/release_oversight/model.yaml"),
        include_str!("../../actions/ticket_analysis/model.yaml"),
        include_str!("../../actions/audit/model.yaml"),
    ];
    for text in models {
        let model = parsed(text);
        assert!(model.verified_queries.len() >= 5, "{}", model.name);
        let described = |field: &Field| field.description.is_some() && field.kind().is_some();
        for dataset in &model.datasets {
            assert!(dataset.access.scope.is_some() && dataset.description.is_some());
            assert!(dataset.fields.iter().all(described), "{}", dataset.name);
        }
    }
}

#[test]
fn the_older_wrapped_form_is_read() {
    let body = ORDERS.replace("version: 0.2.0.dev0\n", "");
    let indented: String = body
        .lines()
        .filter(|line| !line.is_empty())
        .enumerate()
        .map(|(number, line)| format!("  {} {line}\n", if number == 0 { "-" } else { " " }))
        .collect();
    for head in [
        "semantic_model:",
        "version: 0.1.1\nsemantic_model:",
        "models:",
    ] {
        let wrapped = format!("{head}\n{indented}");
        assert_eq!(
            placeless(parsed(&wrapped)),
            placeless(parsed(ORDERS)),
            "{head}"
        );
    }
}

#[test]
fn verified_queries_may_stand_at_the_root() {
    let text = format!(
        "{ORDERS}verified_queries:\n  - name: first\n    question: Which?\n    sql: |\n      SELECT 1\n"
    );
    let names: Vec<String> = parsed(&text)
        .verified_queries
        .into_iter()
        .map(|query| query.name)
        .collect();
    assert_eq!(names, ["first", "all_orders"]);
}

#[test]
fn mistakes_are_told_with_their_line() {
    refused(&ORDERS.replace("0.2.0.dev0", "7"), 2, "0.2.0.dev0");
    refused(&ORDERS.replace("version: 0.2.0.dev0\n", ""), 1, "version");
    refused(
        &ORDERS.replace("    source: sales.orders", "    sauce: x"),
        8,
        "sauce",
    );
    refused(
        &ORDERS.replace("datatype: Integer", "datatype: Whole"),
        21,
        "Whole",
    );
    refused(&ORDERS.replace("row_filter", "rowfilter"), 45, "rowfilter");
    refused(&ORDERS.replace("redact", "blur"), 46, "blur");
    refused(
        &ORDERS.replace("primary_key: [id]", "primary_key: 7"),
        9,
        "",
    );
    refused("semantic_model: []\nname: x\n", 1, "either");
    refused("[1, 2]", 1, "");
    refused("", 1, "version");
    refused("a: 1\n---\nb: 2\n", 1, "a");
    refused(&"x".repeat(LONGEST_FILE + 1), 0, "bytes");
}

#[test]
fn bombs_are_refused() {
    let mut bomb = String::from("name: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("k{level}: &a{level} [{before}]\n"));
    }
    assert!(parse("bomb.yaml", &bomb).is_err());
    assert!(parse("deep.yaml", &"[".repeat(100_000)).is_err());
    assert!(parse("deep.yaml", &"- ".repeat(100_000)).is_err());
    assert!(parse("deep.yaml", &"{a: ".repeat(100_000)).is_err());
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,300}") {
        let _ = parse("any.yaml", &text);
    }

    #[test]
    fn no_change_of_a_model_panics(at in 0..ORDERS.len(), length in 0usize..40, with in "[-:{}\\[\\]\\n #&*'\"|a-z]{0,20}") {
        let changed: String = ORDERS
            .char_indices()
            .filter(|(index, _)| *index < at || *index >= at + length)
            .map(|(_, character)| character)
            .collect();
        let (before, after) = changed.split_at(at.min(changed.len()));
        let _ = parse("any.yaml", &format!("{before}{with}{after}"));
    }

    #[test]
    fn any_text_survives_being_written(description in "[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u{feff}\\u{2028}\\u{2029}\\u{fffe}\\u{ffff}]{0,60}", sql in "[ -~\n]{1,60}", word in "[ -~]{1,20}") {
        let mut model = parsed(ORDERS);
        model.description = Some(description);
        model.verified_queries[0].sql = sql;
        model.datasets[0].ai_context.synonyms = vec![word];
        let written = write(std::slice::from_ref(&model)).unwrap();
        prop_assert_eq!(placeless(parsed(&written)), placeless(model), "{}", written);
    }
}

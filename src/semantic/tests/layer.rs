//! All models together: what breaks them, and who sees which part.

use super::*;
use crate::warehouse::Dialect;

fn texts(texts: &[(&str, &str)]) -> Vec<(String, String)> {
    texts
        .iter()
        .map(|(name, yaml)| ((*name).to_owned(), (*yaml).to_owned()))
        .collect()
}

fn layer(yaml: &str) -> SemanticLayer {
    SemanticLayer::parse(&texts(&[("shop.yaml", yaml)]), Dialect::Sqlite).unwrap()
}

pub(super) fn built_in() -> SemanticLayer {
    let models = [
        (
            "release_oversight",
            include_str!("../../actions/release_oversight/model.yaml"),
        ),
        (
            "ticket_analysis",
            include_str!("../../actions/ticket_analysis/model.yaml"),
        ),
        ("audit", include_str!("../../actions/audit/model.yaml")),
    ];
    SemanticLayer::load(&models, None, Dialect::Sqlite).unwrap()
}

fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

#[track_caller]
fn broken(yaml: &str, part: &str) {
    match SemanticLayer::parse(&texts(&[("shop.yaml", yaml)]), Dialect::Sqlite) {
        Err(LoadError::Broken(errors)) => assert!(
            errors
                .iter()
                .any(|error| error.problem.contains(part) && error.place.line > 0),
            "{part:?}: {errors:#?}"
        ),
        other => panic!("{part:?}: {other:?}"),
    }
}

#[test]
fn a_model_that_contradicts_itself_is_refused() {
    layer(ORDERS);
    broken(
        &ORDERS.replace("name: customers", "name: Orders"),
        "already, in shop.yaml:7",
    );
    broken(
        &ORDERS.replace("- name: email", "- name: ID"),
        "field \"ID\" already",
    );
    broken(
        &ORDERS.replace("- name: email", "- name: e-mail"),
        "letters, digits",
    );
    broken(
        &ORDERS.replace("\"email\": \"redact\"", "\"mail\": \"redact\""),
        "masked",
    );
    broken(
        &ORDERS.replace("to: customers", "to: buyers"),
        "no dataset \"buyers\"",
    );
    broken(
        &ORDERS.replace("to_columns: [id]", "to_columns: [number]"),
        "no field",
    );
    broken(
        &ORDERS.replace("to_columns: [id]", "to_columns: [id, id]"),
        "same number",
    );
    broken(
        &ORDERS.replace("COUNT(orders.id)", "COUNT(buyers.id)"),
        "no dataset buyers",
    );
    broken(
        &ORDERS.replace("COUNT(orders.id)", "COUNT(id)"),
        "several datasets",
    );
    broken(
        &ORDERS.replace("COUNT(orders.id)", "COUNT("),
        "metric order_count",
    );
    broken(
        &ORDERS.replace("FROM orders", "FROM ("),
        "verified query all_orders",
    );
    broken(
        &ORDERS.replace("tenant_id = :tenant_id", "tenant_id ="),
        "row filter",
    );
    broken(
        &ORDERS.replace("source: customers", "source: SELECT 1"),
        "no table or view",
    );
    broken(
        &ORDERS.replace(
            "dialects: [{dialect: ANSI_SQL, expression: customer_id}]",
            "dialects: []",
        ),
        "one dialect",
    );
}

#[test]
fn two_files_may_not_describe_one_table() {
    let twice = texts(&[("a.yaml", ORDERS), ("b.yaml", ORDERS)]);
    let error = SemanticLayer::parse(&twice, Dialect::Sqlite).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("\n  b.yaml:7: there is a dataset"),
        "{error}"
    );
}

#[test]
fn only_what_a_scope_permits_is_seen() {
    let layer = layer(ORDERS);
    let names = |scope: &str| -> Vec<&str> {
        let visible = layer.visible_to(&scopes(scope));
        visible
            .tables()
            .map(|(_, table)| table.name.as_str())
            .collect()
    };
    assert_eq!(names("orders:read"), ["orders"]);
    assert_eq!(names("customers:read"), ["customers"]);
    assert_eq!(names("customers:read orders:read"), ["customers", "orders"]);
    assert!(names("other").is_empty());

    let held = scopes("orders:read");
    let orders = layer.visible_to(&held);
    assert_eq!(orders.metrics_of("Orders").count(), 1);
    assert_eq!(orders.verified_queries_of("orders").count(), 1);
    assert_eq!(orders.relationships_of("orders").count(), 0);
    let yaml = orders.yaml(None).unwrap();
    assert!(
        yaml.contains("name: orders") && !yaml.contains("name: customers"),
        "{yaml}"
    );
    assert!(!yaml.contains("orders_to_customers"), "{yaml}");
    layer_of(&yaml);

    let customers = layer.visible_to(&scopes("customers:read"));
    assert!(customers.table("orders").is_none());
    assert_eq!(customers.metrics_of("customers").count(), 0);
    assert!(!customers.yaml(None).unwrap().contains("order_count"));
    assert!(
        layer
            .visible_to(&scopes("other"))
            .yaml(None)
            .unwrap()
            .is_empty()
    );
    assert_eq!(layer.whole().relationships_of("orders").count(), 1);
}

fn layer_of(yaml: &str) -> SemanticLayer {
    SemanticLayer::parse(&texts(&[("out.yaml", yaml)]), Dialect::Sqlite).unwrap()
}

#[test]
fn a_dataset_without_a_scope_is_nobodys() {
    let open = ORDERS.replace("\"scope\": \"orders:read\",", "");
    let layer = layer(&open);
    let all = scopes("orders:read customers:read ambit:admin");
    assert!(layer.visible_to(&all).table("orders").is_none());
}

#[test]
fn what_can_be_written_of_the_built_in_models_loads_again() {
    let layer = built_in();
    for (_, table) in layer.whole().tables() {
        let yaml = layer
            .whole()
            .yaml(Some(std::slice::from_ref(&table.name)))
            .unwrap();
        assert!(yaml.contains(&format!("name: {}", table.name)), "{yaml}");
    }
    let whole = layer.whole().yaml(None).unwrap();
    let documents: Vec<(String, String)> = whole
        .split("---\n")
        .map(|yaml| ("out.yaml".to_owned(), yaml.to_owned()))
        .collect();
    let again = SemanticLayer::parse(&documents, Dialect::Postgres).unwrap();
    for (left, right) in layer.models().iter().zip(again.models()) {
        assert_eq!(placeless(left.clone()), placeless(right.clone()));
    }
}

#[test]
fn every_verified_query_reads_tables_that_are_known() {
    let layer = built_in();
    let whole = layer.whole();
    for query in layer
        .models()
        .iter()
        .flat_map(|model| &model.verified_queries)
    {
        assert!(
            whole.holds(&query.datasets),
            "{}: {:?}",
            query.name,
            query.datasets
        );
    }
}

#[test]
fn a_search_tells_nothing_of_what_may_not_be_read() {
    let layer = built_in();
    let held = scopes("tickets:read");
    let visible = layer.visible_to(&held);
    let hits = visible.search("risk of releases, firms and tickets", 100);
    assert!(!hits.is_empty());
    assert!(
        hits.iter().all(|hit| hit.tables == ["incident_events"]),
        "{hits:?}"
    );
    let alone = SemanticLayer::load(
        &[(
            "ticket_analysis",
            include_str!("../../actions/ticket_analysis/model.yaml"),
        )],
        None,
        Dialect::Sqlite,
    )
    .unwrap();
    assert_eq!(
        alone
            .whole()
            .search("risk of releases, firms and tickets", 100),
        hits
    );
}

#[test]
fn an_operators_folder_is_read_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let load = || SemanticLayer::load(&[], Some(folder.path()), Dialect::Sqlite);
    assert!(load().unwrap().models().is_empty());
    write("b.yml", ORDERS);
    write("notes.txt", "no model");
    let renamed = ORDERS
        .replace("name: shop", "name: other")
        .replace("name: orders", "name: purchases")
        .replace("name: customers", "name: buyers")
        .replace("from: orders", "from: purchases")
        .replace("to: customers", "to: buyers")
        .replace("orders.id", "purchases.id");
    write("a.yaml", &renamed);
    let names: Vec<String> = load()
        .unwrap()
        .models()
        .iter()
        .map(|model| model.name.clone())
        .collect();
    assert_eq!(names, ["other", "shop"]);
    write("c.yaml", "name: [");
    let error = load().unwrap_err().to_string();
    assert!(error.contains("c.yaml:1: "), "{error}");
    std::fs::write(folder.path().join("c.yaml"), [0xff, 0xfe]).unwrap();
    assert!(load().unwrap_err().to_string().contains("no UTF-8"));
    assert!(SemanticLayer::load(&[], Some(&folder.path().join("gone")), Dialect::Sqlite).is_ok());
}

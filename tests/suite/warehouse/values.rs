//! Values go in and come out the same on both databases.

use ambit::warehouse::{Kind, Value};

use super::{Place, on_postgres, text};

const THINGS: &str = "\
id,price,name,active,day,at
1,2.5,one,TRUE,2026-01-31,2026-01-31T10:20:30.5Z
2,3,\"a\\b\t\"\"c\"\"
d\",false,,
3,,\\N,,1999-12-31,29-02-2016 01:16
";

#[test]
fn what_is_loaded_comes_out_again() {
    let place = Place::new();
    place.load("things", THINGS);
    let rows = place.ask("SELECT * FROM things ORDER BY id", &[]);
    use Kind::{Boolean, Date, Integer, Number, Text, Timestamp};
    let kinds: Vec<Kind> = rows.columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [Integer, Number, Text, Boolean, Date, Timestamp]);
    let expected = [
        vec![
            Value::Integer(1),
            Value::Number(2.5),
            text("one"),
            Value::Boolean(true),
            text("2026-01-31"),
            text("2026-01-31T10:20:30.5Z"),
        ],
        vec![
            Value::Integer(2),
            Value::Number(3.0),
            text("a\\b\t\"c\"\nd"),
            Value::Boolean(false),
            Value::Null,
            Value::Null,
        ],
        vec![
            Value::Integer(3),
            Value::Null,
            text("\\N"),
            Value::Null,
            text("1999-12-31"),
            text("2016-02-29T01:16:00Z"),
        ],
    ];
    assert_eq!(rows.rows, expected);
    let tables = place.runtime.block_on(place.warehouse.tables()).unwrap();
    assert_eq!(tables.len(), 1, "{tables:?}");
    assert_eq!(
        (tables[0].name.as_str(), &tables[0].columns),
        ("things", &rows.columns)
    );
}

#[test]
fn sums_and_times_have_the_same_kinds() {
    let place = Place::new();
    place.load("things", THINGS);
    let sql = "SELECT count(*), sum(id), avg(id), sum(price), max(at), NULL, max(name) FROM things";
    let rows = place.ask(sql, &[]);
    let kinds: Vec<Kind> = rows.columns.iter().map(|column| column.kind).collect();
    use Kind::{Integer, Number, Text, Timestamp};
    assert_eq!(
        kinds,
        [Integer, Integer, Number, Number, Timestamp, Text, Text]
    );
    assert_eq!(rows.rows[0][1], Value::Integer(6));
    assert_eq!(rows.rows[0][2], Value::Number(2.0));
    assert_eq!(rows.rows[0][4], text("2026-01-31T10:20:30.5Z"));
}

#[test]
fn parameters_take_the_form_of_answers() {
    let place = Place::new();
    place.load("things", THINGS);
    for (condition, value) in [
        ("at =", text("2026-01-31T10:20:30.5Z")),
        ("day =", text("2026-01-31")),
        ("active =", Value::Boolean(true)),
        ("price =", Value::Number(2.5)),
        ("id =", Value::Integer(1)),
        ("name =", text("one")),
    ] {
        let sql = format!(
            "SELECT id FROM things WHERE {condition} {}",
            place.placeholder(1)
        );
        assert_eq!(
            place.ask(&sql, &[value]).rows,
            [[Value::Integer(1)]],
            "{sql}"
        );
        assert_eq!(place.ask(&sql, &[Value::Null]).rows.len(), 0, "{sql}");
    }
}

#[test]
fn each_type_of_postgresql_has_its_kind() {
    if !on_postgres() {
        return;
    }
    let place = Place::new();
    let rows = place.ask(
        "SELECT 7::smallint, 1.5::real, 0.1::float4, 12.30::numeric(10,2), 'x'::char(3), 'n'::name, \
                'c'::\"char\", '{\"a\": 1}'::jsonb, '{}'::json, \
                '6f9619ff-8b86-d011-b42d-00c04fc964ff'::uuid, timestamp '2026-01-31 10:00', \
                timestamptz '2026-01-31 10:00+02', date '0001-01-01', 12345678901234567890::numeric",
        &[],
    );
    let expected = [
        Value::Integer(7),
        Value::Number(1.5),
        Value::Number(0.1),
        Value::Number(12.3),
        text("x  "),
        text("n"),
        text("c"),
        text("{\"a\": 1}"),
        text("{}"),
        text("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        text("2026-01-31T10:00:00Z"),
        text("2026-01-31T08:00:00Z"),
        text("0001-01-01"),
        Value::Number(12_345_678_901_234_567_890.0),
    ];
    assert_eq!(rows.rows, [expected]);
    for (sql, problem) in [
        ("SELECT interval '1 day'", "cast it to text"),
        ("SELECT ARRAY[1]", "cast it to text"),
        ("SELECT 'NaN'::float8", "not finite"),
        ("SELECT 'infinity'::timestamp", "not finite"),
        ("SELECT date '0044-03-15 BC'", "outside of the years"),
    ] {
        let refusal = place.refusal(sql);
        assert!(refusal.contains(problem), "{sql}: {refusal}");
    }
    for (wanted, value) in [
        ("timestamptz", text("soon")),
        ("bigint", text("1.5")),
        ("text", text("a\0b")),
        ("numeric", text("many")),
    ] {
        let statement = format!("SELECT ($1::{wanted})::text");
        let outcome = place.within(&statement, &[value], super::LIMITS);
        let refused = matches!(&outcome, Err(ambit::warehouse::WarehouseError::Statement(text))
            if text.contains("parameter 1"));
        assert!(refused, "{statement}: {outcome:?}");
    }
}

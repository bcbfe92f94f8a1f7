//! Queries that analysts ask: they pass, and give the right rows.

use super::{CALLER, answer, checked, readable, run, warehouse};
use crate::semantic::guard::{Applied, check};
use crate::warehouse::{Dialect, Value};

/// SQLite's own, with the rows that they give.
const ANSWERED: &[(&str, &[&str])] = &[
    (
        "SELECT version FROM releases ORDER BY version",
        &["1.0", "1.1", "1.2"],
    ),
    (
        "select VERSION from Releases order by Version desc limit 1",
        &["1.2"],
    ),
    (
        "SELECT \"version\" FROM \"releases\" WHERE `kind` = 'major'",
        &["1.0"],
    ),
    (
        "SELECT * FROM releases WHERE version = '1.0'",
        &["1.0|2025-01-01 10:00:00|major"],
    ),
    (
        "SELECT r.* FROM releases AS r WHERE r.kind LIKE 'maj%'",
        &["1.0|2025-01-01 10:00:00|major"],
    ),
    ("SELECT count(*) FROM releases", &["3"]),
    (
        "SELECT count(DISTINCT kind), min(version), max(version) FROM releases;",
        &["2|1.0|1.2"],
    ),
    (
        "SELECT kind, count(*) AS many FROM releases GROUP BY kind HAVING many > 1 ORDER BY many",
        &["minor|2"],
    ),
    (
        "SELECT r.version, c.title FROM releases r JOIN release_changes c ON c.version = r.version \
         ORDER BY c.id",
        &["1.0|First", "1.1|Second", "1.1|Third"],
    ),
    (
        "SELECT version, count(id) FROM releases LEFT JOIN release_changes USING (version) \
         GROUP BY version ORDER BY 1",
        &["1.0|1", "1.1|2", "1.2|0"],
    ),
    (
        "SELECT count(*) FROM releases NATURAL JOIN release_changes",
        &["3"],
    ),
    ("SELECT count(*) FROM releases a, releases b", &["9"]),
    (
        "SELECT count(*) FROM releases a CROSS JOIN (SELECT version FROM release_changes) b",
        &["9"],
    ),
    (
        "WITH monthly AS (SELECT substr(released_at, 1, 7) AS month, count(*) AS many \
         FROM releases GROUP BY month) SELECT month, many FROM monthly ORDER BY month",
        &["2025-01|1", "2025-02|2"],
    ),
    (
        "WITH a(x) AS (SELECT version FROM releases), b AS (SELECT x AS y FROM a) \
         SELECT max(y) FROM b",
        &["1.2"],
    ),
    (
        "SELECT version, row_number() OVER (PARTITION BY kind ORDER BY released_at DESC) AS nth \
         FROM releases ORDER BY version",
        &["1.0|1", "1.1|2", "1.2|1"],
    ),
    (
        "SELECT version, lag(version) OVER w FROM releases \
         WINDOW w AS (ORDER BY released_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY 1",
        &["1.0|-", "1.1|1.0", "1.2|1.1"],
    ),
    (
        "SELECT version FROM releases WHERE version IN (SELECT version FROM release_changes) \
         ORDER BY version",
        &["1.0", "1.1"],
    ),
    (
        "SELECT version FROM releases r WHERE NOT EXISTS \
         (SELECT 1 FROM release_changes c WHERE c.version = r.version)",
        &["1.2"],
    ),
    (
        "SELECT version, (SELECT count(*) FROM release_changes c WHERE c.version = r.version) AS n \
         FROM releases r ORDER BY n DESC LIMIT 1",
        &["1.1|2"],
    ),
    (
        "SELECT version FROM releases UNION SELECT version FROM release_changes ORDER BY version",
        &["1.0", "1.1", "1.2"],
    ),
    (
        "SELECT version FROM releases EXCEPT SELECT version FROM release_changes",
        &["1.2"],
    ),
    (
        "SELECT version FROM release_changes INTERSECT SELECT version FROM releases \
         WHERE kind = 'major'",
        &["1.0"],
    ),
    (
        "SELECT CASE WHEN kind = 'major' THEN 'big' ELSE 'small' END AS extent, count(*) \
         FROM releases GROUP BY 1 ORDER BY 1",
        &["big|1", "small|2"],
    ),
    (
        "SELECT CASE kind WHEN 'major' THEN 1 END FROM releases ORDER BY version",
        &["1", "-", "-"],
    ),
    (
        "SELECT CAST(version AS REAL) + 1 FROM releases WHERE version = '1.0'",
        &["2"],
    ),
    (
        "SELECT version FROM releases WHERE released_at BETWEEN '2025-01-01' AND date('2025-01-31')",
        &["1.0"],
    ),
    (
        "SELECT round(avg(id), 2), sum(id), total(id), group_concat(title, ', ') FROM release_changes",
        &["2|6|6|First, Second, Third"],
    ),
    (
        "SELECT count(*) FILTER (WHERE kind = 'minor') FROM releases",
        &["2"],
    ),
    (
        "SELECT coalesce(nullif(kind, 'major'), 'M') FROM releases ORDER BY version",
        &["M", "minor", "minor"],
    ),
    (
        "SELECT kind || '''' || 'x' FROM releases LIMIT 1 OFFSET 0",
        &["major'x"],
    ),
    (
        "SELECT 'a\\', '''', '\\''', '--', '/*' FROM releases LIMIT 1",
        &["a\\|'|\\'|--|/*"],
    ),
    (
        "SELECT -1, +2, 1.5e1, NOT TRUE, NULL IS NULL, 5 % 3",
        &["-1|2|15|0|1|2"],
    ),
    ("SELECT (SELECT 1) AS one, (((2)))", &["1|2"]),
    (
        "SELECT count(*) FROM releases WHERE (version, kind) IN (SELECT version, kind FROM releases)",
        &["3"],
    ),
    ("SELECT 1 WHERE EXISTS (SELECT * FROM releases)", &["1"]),
    (
        "SELECT DISTINCT kind FROM releases ORDER BY kind COLLATE nocase",
        &["major", "minor"],
    ),
    (
        "SELECT version /* the newest */ FROM releases -- of all\nORDER BY released_at DESC LIMIT 1",
        &["1.2"],
    ),
    (
        "SELECT x.y FROM (SELECT version AS y FROM releases) AS x WHERE x.y > '1.1'",
        &["1.2"],
    ),
    (
        "SELECT y FROM (SELECT version AS y FROM releases) WHERE y > '1.1'",
        &["1.2"],
    ),
    (
        "SELECT julianday('2025-01-02') - julianday('2025-01-01') AS days",
        &["1"],
    ),
    (
        "SELECT strftime('%Y-%m', released_at) AS month, count(*) FROM releases GROUP BY month",
        &["2025-01|1", "2025-02|2"],
    ),
    // Moments in the form of answers and those of other dialects, none of which SQLite stores.
    (
        "SELECT version FROM releases WHERE released_at = '2025-01-01T10:00:00Z'",
        &["1.0"],
    ),
    (
        "SELECT version FROM releases WHERE released_at IN ('2025-02-01T10:00:00Z', 'x')",
        &["1.1"],
    ),
    (
        "SELECT '2025-01-21T22:03:55.5Z', '2025-01-21T22:03:55', 'at 2025-01-21T22:03:55Z'",
        &["2025-01-21 22:03:55.5|2025-01-21T22:03:55|at 2025-01-21T22:03:55Z"],
    ),
    (
        "SELECT version FROM releases WHERE released_at >= DATE '2025-02-01' \
         AND released_at < TIMESTAMP '2025-02-11T10:00:00Z'",
        &["1.1"],
    ),
    (
        "SELECT TIMESTAMP '2025-02-11', TIMESTAMP '2025-02-11 10:00+02:00', DATE '2025-02-11'",
        &["2025-02-11 00:00:00|2025-02-11 08:00:00|2025-02-11"],
    ),
    (
        "SELECT CAST(released_at AS DATE) AS day, count(*) FROM releases \
         WHERE CAST(released_at AS DATE) > '2025-01-01' GROUP BY CAST(released_at AS DATE) \
         ORDER BY released_at::date",
        &["2025-02-01|1", "2025-02-11|1"],
    ),
    (
        "SELECT CAST(CAST('2025-02-11' AS TIMESTAMP) AS TIMESTAMP), \
         CAST('2025-02-11T10:00:00+02:00' AS TIMESTAMP WITH TIME ZONE), \
         CAST('2025-02-11 10:00:00' AS TIME)",
        &["2025-02-11 00:00:00|2025-02-11 08:00:00|10:00:00"],
    ),
    (
        "SELECT EXTRACT(YEAR FROM released_at), EXTRACT(MONTH FROM released_at), \
         EXTRACT(DAY FROM released_at), EXTRACT(HOUR FROM released_at), \
         EXTRACT(SECOND FROM '2025-01-01 10:00:01.5'), \
         EXTRACT(EPOCH FROM released_at) - EXTRACT(EPOCH FROM '2025-02-10 10:00:00') \
         FROM releases WHERE version = '1.2'",
        &["2025|2|11|10|1.5|86400"],
    ),
    (
        "WITH x AS MATERIALIZED (SELECT version FROM releases), \
         y(v) AS NOT MATERIALIZED (SELECT version, kind FROM releases) \
         SELECT min(x.version), max(y.v), count(kind) FROM x, y",
        &["1.0|1.2|9"],
    ),
    (
        "SELECT 6 & 3, 6 | 3, 1 << 4, 256 >> 4, ~0, - -1, -~5, ~-6, 1 + 2 << 3",
        &["2|7|16|16|-1|1|6|5|24"],
    ),
    (
        "SELECT r.a, r.kind FROM releases AS r(a) WHERE r.a = '1.0'",
        &["1.0|major"],
    ),
    (
        "SELECT a, b FROM (SELECT version, kind FROM releases) AS t(a, b) WHERE b = 'major'",
        &["1.0|major"],
    ),
    (
        "WITH c AS (SELECT version, kind FROM releases) SELECT t.v, t.kind FROM c AS t(v) \
         JOIN c AS u(w, x) ON t.v = u.w ORDER BY t.v LIMIT 1",
        &["1.0|major"],
    ),
    (
        "SELECT name, version FROM (VALUES ('major', 1), ('minor', 1 + 1)) AS known(name, nth) \
         JOIN releases ON kind = name ORDER BY nth, version",
        &["major|1.0", "minor|1.1", "minor|1.2"],
    ),
    (
        "SELECT column2 FROM (VALUES (1, 'b'), (2, 'a') ORDER BY column2 LIMIT 1)",
        &["a"],
    ),
    ("SELECT 1 UNION ALL VALUES (2) ORDER BY 1 DESC", &["2", "1"]),
    (
        "(SELECT version FROM releases ORDER BY version LIMIT 1) UNION ALL \
         (SELECT version FROM releases ORDER BY version DESC LIMIT 1)",
        &["1.0", "1.2"],
    ),
    (
        "SELECT version FROM releases EXCEPT (SELECT '1.0' UNION DISTINCT (SELECT '1.1'))",
        &["1.2"],
    ),
    ("(SELECT 1)", &["1"]),
    ("((SELECT 1) LIMIT 1)", &["1"]),
    (
        "SELECT count(*) FROM releases WHERE version = ANY (SELECT version FROM release_changes)",
        &["2"],
    ),
    (
        "SELECT version FROM releases WHERE version <> ALL (SELECT version FROM release_changes)",
        &["1.2"],
    ),
    ("SELECT hex('a')", &["61"]),
    (
        "SELECT substring('abc' FROM 2 FOR 1), substring('abc' FOR 2), substring('abc' FROM 2), \
         substr('abc', 2), trim(BOTH 'x' FROM 'xax'), trim(LEADING 'x' FROM 'xax'), \
         trim(TRAILING 'x' FROM 'xax'), trim(' a ')",
        &["b|ab|bc|bc|a|ax|xa|a"],
    ),
    (
        "SELECT version FROM releases WHERE kind ILIKE 'MAJ%' OR kind NOT ILIKE 'M%'",
        &["1.0"],
    ),
    (
        "SELECT version FROM releases ORDER BY version OFFSET 2 ROWS",
        &["1.2"],
    ),
    ("SELECT current_date() = current_date", &["1"]),
    (
        "SELECT loud FROM versions WHERE LOUD = 'MAJOR''s'",
        &["MAJOR's"],
    ),
    ("SELECT count FROM (SELECT count(*) FROM releases)", &["3"]),
    (
        "SELECT trim(' a '), trim('xax', 'x'), substr('abc', 2), sign(-2)",
        &["a|a|bc|-1"],
    ),
];

#[test]
fn analysts_get_their_answers() {
    let wrong: Vec<String> = ANSWERED
        .iter()
        .filter_map(|(sql, expected)| match answer(sql) {
            Ok(rows) if rows == *expected => None,
            other => Some(format!("{sql}\n{other:?}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// PostgreSQL's own.
const POSTGRES: &[&str] = &[
    "SELECT date_trunc('month', released_at) AS month, count(*) FROM releases GROUP BY 1",
    "SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY id) FROM release_changes",
    "SELECT extract(epoch FROM max(released_at) - min(released_at)) / 3600 FROM releases",
    "SELECT EXTRACT(DOW FROM released_at) FROM releases",
    "SELECT released_at::date, id::numeric(10,2) FROM releases, release_changes",
    "SELECT released_at AT TIME ZONE 'UTC' FROM releases",
    "SELECT * FROM releases WHERE released_at > DATE '2025-01-01' - INTERVAL '7 days'",
    "SELECT * FROM releases WHERE released_at > now() - INTERVAL '1' MONTH",
    "SELECT DISTINCT ON (kind) kind, version FROM releases ORDER BY kind, released_at DESC",
    "SELECT string_agg(DISTINCT title, ', ' ORDER BY title) FROM release_changes",
    "SELECT version FROM releases WHERE title_count = ANY (SELECT 1) IS NULL",
    "SELECT kind, count(*) FROM releases GROUP BY ROLLUP (kind)",
    "SELECT kind, version, count(*) FROM releases GROUP BY GROUPING SETS ((kind), (version), ())",
    "SELECT r.version, l.n FROM releases r LEFT JOIN LATERAL \
     (SELECT count(*) AS n FROM release_changes c WHERE c.version = r.version) l ON TRUE",
    "SELECT version FROM releases WHERE title ILIKE '%x%'",
    "SELECT version FROM releases ORDER BY released_at DESC NULLS LAST FETCH FIRST 5 ROWS ONLY",
    "SELECT avg(id) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) \
     FROM release_changes",
    "SELECT position('a' IN title), substring(title FROM 1 FOR 2), trim(BOTH 'x' FROM title) \
     FROM release_changes",
    "SELECT E'it\\'s', U&'d\\0061t', $$dollar$$, $tag$it's$tag$, N'x'",
    "SELECT CURRENT_DATE, CURRENT_TIMESTAMP, now()",
    "SELECT kind FROM releases WHERE kind IS DISTINCT FROM 'major'",
    "SELECT t.a FROM (SELECT version, kind FROM releases) AS t(a, b) WHERE t.b = 'x'",
    "SELECT r.a FROM releases AS r(a) WHERE r.kind = 'x'",
    "WITH x AS MATERIALIZED (SELECT version FROM releases), \
     y(a) AS NOT MATERIALIZED (SELECT kind FROM releases) SELECT * FROM x, y",
    "SELECT id & 3, id | 1, id << 2, id >> 2, ~id, ~ -id, - ~id FROM release_changes",
    "SELECT v.name FROM (VALUES (1, 'a'), (2, 'b')) AS v(nth, name) ORDER BY v.nth",
    "(SELECT version FROM releases LIMIT 1) UNION ALL (VALUES ('x') ORDER BY column1)",
];

const SNOWFLAKE: &[&str] = &[
    "SELECT datediff(day, min(released_at), max(released_at)) FROM releases",
    "SELECT DATE_TRUNC('month', released_at), COUNT(*) FROM RELEASES GROUP BY ALL",
    "SELECT version FROM releases QUALIFY row_number() OVER (PARTITION BY kind ORDER BY version) = 1",
    "SELECT kind, LISTAGG(version, ',') WITHIN GROUP (ORDER BY version) FROM releases GROUP BY kind",
    "SELECT TRY_CAST(version AS INTEGER), version::STRING FROM releases",
    "SELECT iff(kind = 'a', 1, 0) AS is_a, is_a + 1 FROM releases WHERE kind = 'it\\'s'",
];

#[test]
fn each_dialect_has_its_own() {
    for (dialect, queries) in [
        (Dialect::Postgres, POSTGRES),
        (Dialect::Snowflake, SNOWFLAKE),
    ] {
        for sql in queries {
            // A column that is nowhere shows that it is only the column that is refused.
            match checked(sql, dialect) {
                Ok(_) => {}
                Err(refusal) => assert!(
                    refusal.to_string().contains("title"),
                    "{dialect:?}: {sql}\n{refusal}"
                ),
            }
        }
    }
}

#[test]
fn parameters_are_bound_by_position() {
    let values = [Value::Text("minor".into()), Value::Text("1.1".into())];
    for sql in [
        "SELECT version FROM releases WHERE kind = ? AND version > ?",
        "SELECT version FROM releases WHERE version > $2 AND kind = $1",
        "SELECT version FROM releases WHERE version > ?2 AND kind = ?1 AND kind = ?1",
    ] {
        let checked = check(sql, &values, &readable(Dialect::Sqlite), &CALLER).unwrap();
        assert_eq!(run(&warehouse(), &checked).unwrap(), ["1.2"], "{sql}");
    }
    let numbered = "SELECT $2, version FROM releases WHERE kind = $1 LIMIT 5";
    for (dialect, expected) in [
        (Dialect::Postgres, "minor 1.1 default client_one"),
        (Dialect::Snowflake, "1.1 default client_one minor"),
    ] {
        let checked = check(numbered, &values, &readable(dialect), &CALLER).unwrap();
        let bound: Vec<&str> = checked
            .statement
            .parameters
            .iter()
            .filter_map(|value| match value {
                Value::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(bound.join(" "), expected);
    }
    let ordered = "SELECT ? FROM releases WHERE kind = ?";
    let checked = check(ordered, &values, &readable(Dialect::Postgres), &CALLER).unwrap();
    assert!(
        checked.statement.sql.contains("$1"),
        "{}",
        checked.statement.sql
    );
}

#[test]
fn what_was_applied_is_said() {
    let checked = checked(
        "WITH c AS (SELECT * FROM release_changes) SELECT * FROM c JOIN releases USING (version) \
         JOIN releases b USING (version)",
        Dialect::Sqlite,
    )
    .unwrap();
    let applied = [
        Applied {
            table: "release_changes".into(),
            row_filter: None,
            masked_columns: vec!["author".into(), "size".into(), "card".into()],
        },
        Applied {
            table: "releases".into(),
            row_filter: Some("tenant = :tenant_id OR owner = :client_id".into()),
            masked_columns: Vec::new(),
        },
    ];
    assert_eq!(checked.applied, applied);
}

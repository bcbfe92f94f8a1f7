//! Ways around the guard that others have found elsewhere. Each is refused, for the reason given.

use super::{CALLER, DIALECTS, checked, readable};
use crate::semantic::guard::{Refusal, check};
use crate::warehouse::{Dialect, Value};

/// Refused in every dialect.
const EVERYWHERE: &[(&str, &str)] = &[
    ("", "there is no SQL"),
    (" ;; -- nothing", "there is no SQL"),
    ("SELECT 1; SELECT 2", "several statements"),
    ("SELECT 1; DROP TABLE releases", "several statements"),
    ("SELECT 1;;DELETE FROM releases;", "several statements"),
    ("INSERT INTO releases VALUES ('x')", "INSERT is not allowed"),
    ("UPDATE releases SET kind = 'x'", "UPDATE is not allowed"),
    ("DELETE FROM releases", "DELETE is not allowed"),
    ("DROP TABLE releases", "DROP is not allowed"),
    (
        "CREATE TABLE x AS SELECT * FROM releases",
        "CREATE is not allowed",
    ),
    (
        "ALTER TABLE releases ADD COLUMN x TEXT",
        "ALTER is not allowed",
    ),
    ("TRUNCATE releases", "TRUNCATE is not allowed"),
    ("EXPLAIN SELECT 1", "EXPLAIN is not allowed"),
    ("PRAGMA table_info('releases')", "PRAGMA is not allowed"),
    ("PRAGMA writable_schema = 1", "PRAGMA is not allowed"),
    (
        "ATTACH DATABASE '/etc/passwd' AS x",
        "ATTACH is not allowed",
    ),
    ("VACUUM INTO '/tmp/x'", "VACUUM is not allowed"),
    ("COPY releases TO '/tmp/x'", "COPY is not allowed"),
    ("COPY (SELECT 1) TO PROGRAM 'id'", "COPY is not allowed"),
    ("SET ROLE postgres", "SET is not allowed"),
    ("BEGIN", "BEGIN is not allowed"),
    ("COMMIT", "COMMIT is not allowed"),
    ("GRANT ALL ON releases TO public", "GRANT is not allowed"),
    ("CALL f()", "CALL is not allowed"),
    ("EXECUTE x", "EXECUTE is not allowed"),
    ("PREPARE x AS SELECT 1", "PREPARE is not allowed"),
    ("LOAD 'x'", "LOAD is not allowed"),
    ("SHOW TABLES", "SHOW is not allowed"),
    ("DO $$ BEGIN END $$", "DO is not allowed"),
    ("LISTEN x", "LISTEN is not allowed"),
    (
        "MERGE INTO releases USING x ON 1 = 1 WHEN MATCHED THEN DELETE",
        "MERGE is not allowed",
    ),
    (
        "WITH x AS (DELETE FROM releases RETURNING *) SELECT * FROM x",
        "DELETE is not allowed",
    ),
    (
        "WITH x AS (INSERT INTO releases VALUES (1) RETURNING *) SELECT * FROM x",
        "INSERT is not allowed",
    ),
    (
        "WITH x AS (UPDATE releases SET kind = 'x' RETURNING *) SELECT * FROM x",
        "UPDATE is not allowed",
    ),
    (
        "WITH x AS (SELECT 1) DELETE FROM releases",
        "DELETE is not allowed",
    ),
    (
        "WITH x AS (SELECT 1) INSERT INTO releases SELECT * FROM x",
        "INSERT is not allowed",
    ),
    (
        "WITH x AS (SELECT 1) UPDATE releases SET kind = 'x'",
        "UPDATE is not allowed",
    ),
    ("SELECT * INTO x FROM releases", "INTO is not allowed"),
    ("SELECT * FROM releases FOR UPDATE", "FOR is not allowed"),
    (
        "SELECT * FROM (SELECT * FROM releases FOR SHARE) x",
        "FOR is not allowed",
    ),
    ("VALUES (1), (2)", "VALUES is not allowed"),
    ("SELECT * FROM (VALUES (1), (2)) x", "VALUES is not allowed"),
    ("TABLE releases", "TABLE is not allowed"),
    ("SELECT 1 UNION TABLE secrets", "TABLE is not allowed"),
    (
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT * FROM x",
        "WITH RECURSIVE (line 1, column 1) is not allowed",
    ),
    (
        "WITH x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT * FROM x",
        "table \"x\"",
    ),
    (
        "SELECT (WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x)",
        "WITH RECURSIVE",
    ),
    (
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
        "table \"b\"",
    ),
    (
        "SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) x, a",
        "table \"a\"",
    ),
    (
        "SELECT * FROM secrets",
        "table \"secrets\" (line 1, column 15) is not one you may read",
    ),
    ("SELECT * FROM release_rows", "table \"release_rows\""),
    ("SELECT * FROM main.releases", "table \"main.releases\""),
    ("SELECT * FROM public.releases", "table \"public.releases\""),
    ("SELECT * FROM a.b.c.releases", "table \"a.b.c.releases\""),
    (
        "SELECT * FROM \"releases; DROP\"",
        "table \"releases; DROP\"",
    ),
    ("SELECT * FROM rele\u{430}ses", ""),
    ("SELECT * FROM \u{200b}releases", ""),
    ("SELECT * FROM ambit_cte_1", "table \"ambit_cte_1\""),
    (
        "SELECT 1 WHERE 1 IN (SELECT secret FROM secrets)",
        "table \"secrets\"",
    ),
    ("SELECT (SELECT secret FROM secrets)", "table \"secrets\""),
    (
        "SELECT 1 UNION SELECT secret FROM secrets",
        "table \"secrets\"",
    ),
    (
        "SELECT 1 FROM releases ORDER BY (SELECT secret FROM secrets)",
        "table \"secrets\"",
    ),
    (
        "SELECT 1 FROM releases GROUP BY (SELECT secret FROM secrets)",
        "table \"secrets\"",
    ),
    (
        "SELECT 1 FROM releases HAVING (SELECT 1 FROM secrets) = 1",
        "table \"secrets\"",
    ),
    (
        "SELECT 1 FROM releases JOIN secrets ON TRUE",
        "table \"secrets\"",
    ),
    (
        "SELECT 1 FROM releases JOIN release_changes ON EXISTS (SELECT 1 FROM secrets)",
        "table \"secrets\"",
    ),
    (
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM secrets) THEN 1 END",
        "table \"secrets\"",
    ),
    (
        "SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM secrets)) FROM releases",
        "",
    ),
    (
        "SELECT sum(1) OVER (ORDER BY (SELECT 1 FROM secrets)) FROM releases",
        "table \"secrets\"",
    ),
    (
        "SELECT sum(1) OVER w FROM releases WINDOW w AS (PARTITION BY (SELECT 1 FROM secrets))",
        "",
    ),
    (
        "SELECT CAST((SELECT 1 FROM secrets) AS TEXT)",
        "table \"secrets\"",
    ),
    (
        "SELECT lower((SELECT secret FROM secrets))",
        "table \"secrets\"",
    ),
    ("SELECT 1 FROM releases LIMIT (SELECT 1 FROM secrets)", ""),
    (
        "SELECT 1 FROM releases LIMIT 1 OFFSET (SELECT 1 FROM secrets)",
        "LIMIT or OFFSET",
    ),
    ("SELECT 1 LIKE 'a' ESCAPE (SELECT secret FROM secrets)", ""),
    (
        "SELECT 1 BETWEEN 1 AND (SELECT 1 FROM secrets)",
        "table \"secrets\"",
    ),
    (
        "SELECT trim((SELECT secret FROM secrets))",
        "table \"secrets\"",
    ),
    (
        "SELECT substr('a', (SELECT 1 FROM secrets))",
        "table \"secrets\"",
    ),
    (
        "SELECT secret FROM releases",
        "column \"secret\" (line 1, column 8) is not one you may read here",
    ),
    ("SELECT r.secret FROM releases r", "column \"r.secret\""),
    (
        "SELECT releases.version FROM releases r",
        "\"releases\" (line 1, column 8) is no table or alias",
    ),
    (
        "SELECT version FROM releases WHERE tenant = 'x'",
        "column \"tenant\"",
    ),
    (
        "SELECT version FROM releases ORDER BY owner",
        "column \"owner\"",
    ),
    (
        "SELECT version FROM releases GROUP BY owner",
        "column \"owner\"",
    ),
    (
        "SELECT x.secret FROM (SELECT * FROM releases) x",
        "column \"x.secret\"",
    ),
    (
        "WITH x AS (SELECT version AS v FROM releases) SELECT version FROM x",
        "column \"version\"",
    ),
    (
        "WITH x(v) AS (SELECT version FROM releases) SELECT version FROM x",
        "column \"version\"",
    ),
    (
        "SELECT 1 FROM releases JOIN release_changes USING (tenant)",
        "column \"tenant\"",
    ),
    ("SELECT rowid FROM releases", "column \"rowid\""),
    ("SELECT oid FROM releases", "column \"oid\""),
    ("SELECT ctid FROM releases", "column \"ctid\""),
    ("SELECT xmin FROM releases", "column \"xmin\""),
    ("SELECT tableoid FROM releases", "column \"tableoid\""),
    ("SELECT r.ctid FROM releases r", "column \"r.ctid\""),
    ("SELECT r FROM releases r", "column \"r\""),
    ("SELECT releases FROM releases", "column \"releases\""),
    ("SELECT count(r) FROM releases r", "column \"r\""),
    ("SELECT count(r.*) FROM releases r", "argument of count"),
    ("SELECT lower(*) FROM releases", "argument of lower"),
    ("SELECT r.lower FROM releases r", "column \"r.lower\""),
    (
        "SELECT main.releases.secret FROM releases",
        "more than two parts",
    ),
    (
        "SELECT x.* FROM releases",
        "\"x\" (line 1, column 8) is no table or alias",
    ),
    ("SELECT main.releases.* FROM releases", "a qualified name"),
    ("SELECT *", "* without a table"),
    ("SELECT version FROM releases WHERE version = @@version", ""),
    (
        "SELECT sleep(10)",
        "function \"sleep\" (line 1, column 8) is not allowed",
    ),
    ("SELECT pg_sleep(10)", "function \"pg_sleep\""),
    ("SELECT PG_SLEEP(10)", "function \"PG_SLEEP\""),
    ("SELECT \"pg_sleep\"(10)", "function \"pg_sleep\""),
    (
        "SELECT pg_catalog.pg_sleep(10)",
        "function \"pg_catalog.pg_sleep\"",
    ),
    (
        "SELECT pg_catalog.count(*) FROM releases",
        "function \"pg_catalog.count\"",
    ),
    ("SELECT load_extension('x')", "function \"load_extension\""),
    ("SELECT readfile('/etc/passwd')", "function \"readfile\""),
    ("SELECT writefile('/tmp/x', 'x')", "function \"writefile\""),
    ("SELECT zeroblob(1000000000)", "function \"zeroblob\""),
    ("SELECT randomblob(1000000000)", "function \"randomblob\""),
    ("SELECT hex(randomblob(100000000))", "function \"hex\""),
    ("SELECT printf('%1000000000d', 1)", "function \"printf\""),
    ("SELECT format('%1000000000s', 1)", "function \"format\""),
    ("SELECT repeat('a', 1000000000)", "function \"repeat\""),
    ("SELECT lpad('a', 1000000000)", "function \"lpad\""),
    ("SELECT rpad('a', 1000000000)", "function \"rpad\""),
    ("SELECT sqlite_version()", "function \"sqlite_version\""),
    ("SELECT version()", "function \"version\""),
    (
        "SELECT current_setting('x')",
        "function \"current_setting\"",
    ),
    (
        "SELECT set_config('x', 'y', false)",
        "function \"set_config\"",
    ),
    (
        "SELECT pg_read_file('/etc/passwd')",
        "function \"pg_read_file\"",
    ),
    ("SELECT lo_import('/etc/passwd')", "function \"lo_import\""),
    ("SELECT dblink('host=x', 'SELECT 1')", "function \"dblink\""),
    (
        "SELECT query_to_xml('SELECT * FROM secrets', true, true, '')",
        "function \"query_to_xml\"",
    ),
    (
        "SELECT pg_terminate_backend(1)",
        "function \"pg_terminate_backend\"",
    ),
    ("SELECT nextval('x')", "function \"nextval\""),
    (
        "SELECT count(*) FROM releases WHERE pg_sleep(1) IS NULL",
        "function \"pg_sleep\"",
    ),
    (
        "SELECT count(*) FROM releases ORDER BY pg_sleep(1)",
        "function \"pg_sleep\"",
    ),
    (
        "SELECT sum(pg_sleep(1)) FROM releases",
        "function \"pg_sleep\"",
    ),
    (
        "SELECT * FROM releases JOIN release_changes ON pg_sleep(1) IS NULL",
        "function \"pg_sleep\"",
    ),
    (
        "SELECT * FROM generate_series(1, 1000000000)",
        "function \"generate_series\" in FROM",
    ),
    (
        "SELECT * FROM pragma_table_info('releases')",
        "function \"pragma_table_info\" in FROM",
    ),
    (
        "SELECT * FROM json_each('[1]')",
        "function \"json_each\" in FROM",
    ),
    (
        "SELECT * FROM dblink('x', 'y') AS t(a TEXT)",
        "function \"dblink\" in FROM",
    ),
    ("SELECT * FROM releases, generate_series(1, 10)", "in FROM"),
    ("SELECT * FROM LATERAL generate_series(1, 10)", ""),
    (
        "SELECT generate_series(1, 1000000000)",
        "function \"generate_series\"",
    ),
    ("SELECT unnest(x) FROM releases", "function \"unnest\""),
    ("SELECT * FROM releases TABLESAMPLE BERNOULLI (10)", ""),
    ("SELECT '1'::regclass", "this type is not allowed"),
    (
        "SELECT CAST('secrets' AS regclass)",
        "this type is not allowed",
    ),
    ("SELECT CAST(1 AS oid)", "this type is not allowed"),
    ("SELECT CAST('a' AS xml)", "this type is not allowed"),
    ("SELECT CAST('a' AS bytea)", "this type is not allowed"),
    ("SELECT CAST('a' AS blob)", "this type is not allowed"),
    (
        "SELECT CAST('a' AS char(1000000000))",
        "this type is not allowed",
    ),
    ("SELECT CAST('a' AS mytype)", "this type is not allowed"),
    ("SELECT CAST('{1}' AS INTEGER[])", ""),
    ("SELECT kind -> 'a' FROM releases", ""),
    (
        "SELECT kind & 1 FROM releases",
        "the operator & is not allowed",
    ),
    (
        "SELECT * FROM releases WHERE kind SIMILAR TO '(a+)+'",
        "this kind of expression",
    ),
    ("SELECT x'00'", "this literal"),
    ("SELECT 'a\0b'", ""),
    ("SELECT 1 AS \"a\"\"b\"", "the name \"a\"b\""),
    ("SELECT 1 AS \"a\nb\"", "is not allowed; a name has"),
    ("WITH \"a\"\"b\" AS (SELECT 1) SELECT 1", "the name"),
    ("SELECT 1 FROM releases AS \"a'b\"", "the name"),
    (
        "SELECT 1 FROM releases WINDOW \"a\"\"b\" AS (ORDER BY 1)",
        "",
    ),
    (
        "SELECT 1 AS aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "at most 63 bytes",
    ),
    ("SELECT * FROM releases WHERE :x", "placeholder :x"),
    (
        "SELECT * FROM releases WHERE kind = :tenant_id",
        "placeholder :tenant_id",
    ),
    (
        "SELECT * FROM releases PIVOT (count(kind) FOR kind IN ('a'))",
        "",
    ),
    ("SELECT 1 FROM releases GROUP BY kind WITH ROLLUP", ""),
    ("SELECT current_user", ""),
    ("SELECT session_user", ""),
    ("SELECT 'unterminated", "cannot be read"),
    ("SELECT /* unterminated", "cannot be read"),
    ("\u{0}", "\u{fffd} is not allowed"),
    ("this is not SQL", "THIS is not allowed; only a SELECT is"),
];

const SQLITE: &[(&str, &str)] = &[
    ("SELECT sql FROM sqlite_master", "table \"sqlite_master\""),
    ("SELECT sql FROM sqlite_schema", "table \"sqlite_schema\""),
    (
        "SELECT * FROM sqlite_temp_master",
        "table \"sqlite_temp_master\"",
    ),
    ("SELECT * FROM \"sqlite_master\"", "table \"sqlite_master\""),
    ("SELECT * FROM [sqlite_master]", "table \"sqlite_master\""),
    ("SELECT * FROM `sqlite_master`", "table \"sqlite_master\""),
    (
        "SELECT * FROM main.sqlite_master",
        "table \"main.sqlite_master\"",
    ),
    (
        "SELECT * FROM temp.sqlite_master",
        "table \"temp.sqlite_master\"",
    ),
    ("SELECT * FROM dbstat", "table \"dbstat\""),
    (
        "SELECT * FROM pragma_database_list",
        "table \"pragma_database_list\"",
    ),
    ("SELECT * FROM releases INDEXED BY x", ""),
    ("SELECT \"not a column\"", "column \"not a column\""),
    (
        "SELECT * FROM releases WHERE \"secret\" = \"secret\"",
        "column \"secret\"",
    ),
    (
        "SELECT fts3_tokenizer('x', 'y')",
        "function \"fts3_tokenizer\"",
    ),
    (
        "SELECT sqlite_compileoption_get(1)",
        "function \"sqlite_compileoption_get\"",
    ),
    ("SELECT ceil(1.5)", "function \"ceil\""),
    (
        "SELECT EXTRACT(YEAR FROM released_at) FROM releases",
        "EXTRACT is not allowed; use strftime",
    ),
    ("SELECT INTERVAL '1 day'", "INTERVAL is not allowed"),
    ("SELECT kind MATCH 'a' FROM releases", "the operator MATCH"),
    (
        "SELECT kind REGEXP '(a+)+' FROM releases",
        "the operator REGEXP",
    ),
    (
        "SELECT DISTINCT ON (kind) kind FROM releases",
        "DISTINCT ON is not allowed",
    ),
    ("SELECT kind COLLATE mine FROM releases", "this collation"),
    ("REPLACE INTO releases VALUES (1)", "REPLACE is not allowed"),
];

const POSTGRES: &[(&str, &str)] = &[
    (
        "SELECT * FROM pg_catalog.pg_class",
        "table \"pg_catalog.pg_class\"",
    ),
    ("SELECT * FROM pg_class", "table \"pg_class\""),
    (
        "SELECT * FROM information_schema.tables",
        "table \"information_schema.tables\"",
    ),
    (
        "SELECT * FROM pg_stat_activity",
        "table \"pg_stat_activity\"",
    ),
    ("SELECT * FROM pg_shadow", "table \"pg_shadow\""),
    ("SELECT * FROM pg_read_file('/etc/passwd')", "in FROM"),
    ("SELECT * FROM ROWS FROM (generate_series(1, 2))", ""),
    ("SELECT * FROM unnest(ARRAY[1, 2])", ""),
    ("SELECT (releases).secret FROM releases", ""),
    ("SELECT (r).version FROM releases r", ""),
    ("SELECT (SELECT r FROM releases r LIMIT 1).secret", ""),
    (
        "SELECT row_to_json(r) FROM releases r",
        "function \"row_to_json\"",
    ),
    ("SELECT r::text FROM releases r", "column \"r\""),
    ("SELECT ROW(1, 2)", "function \"ROW\""),
    ("SELECT ARRAY[1, 2]", "this kind of expression"),
    (
        "SELECT ARRAY(SELECT secret FROM secrets)",
        "function \"ARRAY\"",
    ),
    ("SELECT kind ~ '(a+)+$' FROM releases", "the operator ~"),
    ("SELECT kind !~* 'a' FROM releases", "the operator !~*"),
    (
        "SELECT kind OPERATOR(pg_catalog.~) 'a' FROM releases",
        "the operator",
    ),
    ("SELECT @ 1", "this kind of expression"),
    ("SELECT 5 !", ""),
    ("SELECT 2 ^ 10", "the operator ^"),
    (
        "SELECT current_user, session_user, user",
        "function \"current_user\"",
    ),
    ("SELECT current_catalog", "function \"current_catalog\""),
    ("SELECT inet_server_addr()", "function \"inet_server_addr\""),
    (
        "SELECT has_table_privilege('x', 'y')",
        "function \"has_table_privilege\"",
    ),
    ("SELECT pg_ls_dir('/')", "function \"pg_ls_dir\""),
    ("SELECT lo_export(1, '/tmp/x')", "function \"lo_export\""),
    (
        "SELECT pg_advisory_lock(1)",
        "function \"pg_advisory_lock\"",
    ),
    ("SELECT pg_notify('a', 'b')", "function \"pg_notify\""),
    ("SELECT txid_current()", "function \"txid_current\""),
    ("SELECT xmlparse(document '<a/>')", ""),
    ("SELECT to_regclass('secrets')", "function \"to_regclass\""),
    ("SELECT 'secrets'::regclass::oid", "this type"),
    (
        "SELECT DATE 'x' AT TIME ZONE (SELECT secret FROM secrets)",
        "table \"secrets\"",
    ),
    ("SELECT regclass 'secrets'", ""),
    (
        "SELECT count(*) FROM releases WHERE kind = ANY(ARRAY['a'])",
        "this kind of expression",
    ),
    (
        "SELECT string_agg(kind, (SELECT secret FROM secrets)) FROM releases",
        "table \"secrets\"",
    ),
    (
        "SELECT string_agg(kind, ',' ORDER BY (SELECT 1 FROM secrets)) FROM releases",
        "table \"secrets\"",
    ),
    (
        "SELECT mode() WITHIN GROUP (ORDER BY (SELECT 1 FROM secrets)) FROM releases",
        "table \"secrets\"",
    ),
    (
        "SELECT count(*) FROM releases GROUP BY CUBE (secret)",
        "column \"secret\"",
    ),
    (
        "SELECT * FROM releases FETCH FIRST 5 ROWS WITH TIES",
        "FETCH",
    ),
    (
        "SELECT * FROM releases ORDER BY kind USING OPERATOR(pg_catalog.<)",
        "",
    ),
    (
        "SELECT /*+ SeqScan(x) */ * FROM secrets",
        "table \"secrets\"",
    ),
    ("SELECT * FROM ONLY releases", ""),
    ("SELECT * FROM releases WHERE CURRENT OF x", ""),
    (
        "SELECT make_interval(secs => 1)",
        "function \"make_interval\"",
    ),
    ("SELECT round(v => 1)", "argument of round"),
    ("SELECT count(VARIADIC kind) FROM releases", ""),
    ("SELECT U&\"secret\" FROM releases", ""),
    ("SELECT E'\\'' || secret FROM releases", "column \"secret\""),
    ("SELECT $$a$$ || secret FROM releases", "column \"secret\""),
    ("SELECT FROM releases", "a SELECT of nothing"),
    ("SELECT point(1, 2)", ""),
];

const SNOWFLAKE: &[(&str, &str)] = &[
    (
        "SELECT * FROM information_schema.tables",
        "table \"information_schema.tables\"",
    ),
    ("SELECT * FROM @stage", ""),
    ("SELECT $1 FROM @stage/file", ""),
    ("SELECT * FROM TABLE(result_scan(last_query_id()))", ""),
    ("SELECT * FROM TABLE(flatten(x))", ""),
    ("SELECT * FROM releases, LATERAL flatten(input => kind)", ""),
    ("SELECT * FROM releases AT (OFFSET => -60)", ""),
    ("SELECT * FROM releases BEFORE (STATEMENT => 'x')", ""),
    ("SELECT * FROM IDENTIFIER('secrets')", ""),
    (
        "SELECT IDENTIFIER('secret') FROM releases",
        "function \"IDENTIFIER\"",
    ),
    (
        "SELECT kind:secret FROM releases",
        "this kind of expression",
    ),
    ("SELECT r.$1 FROM releases r", ""),
    ("SELECT system$wait(10)", "function \"system$wait\""),
    ("SELECT current_account()", "function \"current_account\""),
    ("SELECT * EXCLUDE version FROM releases", "after *"),
    ("SELECT * ILIKE '%x%' FROM releases", "after *"),
    ("SELECT 'a\\' OR 1=1 --' FROM secrets", ""),
    ("SELECT TOP 5 * FROM releases", "TOP"),
    (
        "SELECT * FROM releases MATCH_RECOGNIZE (PATTERN (a) DEFINE a AS TRUE)",
        "",
    ),
    (
        "SELECT datediff(secret, version, version) FROM releases",
        "column \"secret\"",
    ),
    (
        "SELECT level FROM releases CONNECT BY PRIOR version = kind",
        "",
    ),
];

#[test]
fn every_attack_is_refused() {
    let own = [SQLITE, POSTGRES, SNOWFLAKE];
    let mut wrong = Vec::new();
    for (dialect, own) in DIALECTS.into_iter().zip(own) {
        for (sql, expected) in EVERYWHERE.iter().chain(own) {
            match checked(sql, dialect) {
                Err(refusal) if refusal.to_string().contains(expected) => {}
                Err(refusal) => wrong.push(format!("{dialect:?} {sql}\n  refused by: {refusal}")),
                Ok(checked) => wrong.push(format!(
                    "{dialect:?} {sql}\n  ACCEPTED: {}",
                    checked.statement.sql
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn refusals_say_what_would_be_allowed() {
    let refused = |sql| checked(sql, Dialect::Sqlite).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            refused("SELECT * FROM sqlite_master"),
            refused("SELECT relased_at FROM releases"),
            refused("SELECT coutn(*) FROM releases"),
            refused("SELECT r.version FROM releases\n  JOIN release_changes USING (version)"),
            refused("SELECT pg_sleep(1)"),
            refused("SELECT CAST(version AS blob) FROM releases"),
            refused("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a"),
            refused("SELECT version FROM"),
            refused("PRAGMA table_info(releases)"),
        ]
        .join("\n")
    );
}

#[test]
fn parameters_must_fit() {
    let refused = |sql, values: &[Value]| {
        check(sql, values, &readable(Dialect::Sqlite), &CALLER)
            .unwrap_err()
            .to_string()
    };
    let one = [Value::Integer(1)];
    assert_eq!(
        refused("SELECT ?", &[]),
        "the SQL has placeholders for 1 parameters, and 0 were sent"
    );
    assert_eq!(
        refused("SELECT 1", &one),
        "the SQL has placeholders for 0 parameters, and 1 were sent"
    );
    assert_eq!(
        refused("SELECT $2", &[Value::Null, Value::Null]),
        "parameter 1 stands nowhere in the SQL"
    );
    for sql in [
        "SELECT ?, $1",
        "SELECT $1, ?",
        "SELECT $0",
        "SELECT $a",
        "SELECT @a",
    ] {
        let refusal = refused(sql, &one);
        assert!(refusal.contains("write each parameter as ?"), "{refusal}");
    }
    // A huge number is no reason to remember that many parameters.
    assert!(matches!(
        check(
            "SELECT $99999999999",
            &one,
            &readable(Dialect::Sqlite),
            &CALLER
        ),
        Err(Refusal::Parameters(_) | Refusal::NotAllowed { .. })
    ));
}

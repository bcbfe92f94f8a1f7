//! Attacks on one dialect, each with a part of the answer.

/// On SQLite.
pub const SQLITE: &[(&str, &str)] = &[
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
        "SELECT EXTRACT(CENTURY FROM released_at) FROM releases",
        "EXTRACT(CENTURY FROM ...) is not allowed; there are YEAR",
    ),
    (
        "SELECT EXTRACT(EPOCH FROM (max(released_at) - min(released_at))) FROM releases",
        "SQLite has no intervals",
    ),
    (
        "SELECT EXTRACT(EPOCH FROM (SELECT secret FROM secrets))",
        "table \"secrets\"",
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
    ("SELECT DATE '2026-02-30'", "this day or moment"),
    ("SELECT TIMESTAMP 'now'", "this day or moment"),
    (
        "SELECT CAST((SELECT secret FROM secrets) AS DATE)",
        "table \"secrets\"",
    ),
    ("REPLACE INTO releases VALUES (1)", "REPLACE is not allowed"),
    (
        "SELECT 1 > ANY (SELECT id FROM release_changes)",
        "SQLite has IN and NOT IN",
    ),
    (
        "SELECT kind FROM releases EXCEPT ALL SELECT 'x'",
        "EXCEPT ALL is not allowed; SQLite has",
    ),
    (
        "SELECT 1 FROM releases, LATERAL (SELECT 1) AS x",
        "LATERAL is not allowed",
    ),
    (
        "SELECT count(*) WITHIN GROUP (ORDER BY 1) FROM releases",
        "WITHIN GROUP is not allowed",
    ),
    (
        "SELECT current_timestamp(3)",
        "current_timestamp with an argument is not allowed",
    ),
    (
        "SELECT kind ILIKE secret FROM releases",
        "column \"secret\"",
    ),
    ("SELECT hex(secret) FROM releases", "column \"secret\""),
];

/// On PostgreSQL.
pub const POSTGRES: &[(&str, &str)] = &[
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
    ("SELECT @ 1", "the operator @"),
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
        "ANY or ALL of what is no subquery is not allowed; write IN",
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

/// On Snowflake.
pub const SNOWFLAKE: &[(&str, &str)] = &[
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

//! Whole files, in and out again.

use std::io::Cursor;
use std::time::Duration;

use proptest::prelude::*;
use tempfile::TempDir;

use super::super::backend::{Limits, Statement};
use super::super::value::Rows as Answer;
use super::*;
use crate::config::{Overrides, Sources};

/// A warehouse in a folder that is thrown away.
struct Place {
    _folder: TempDir,
    settings: config::Warehouse,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/new/warehouse.db", folder.path().display());
        let overrides = Overrides::default().set("warehouse.url", url);
        let sources = Sources {
            overrides,
            ..Sources::default()
        };
        let settings = config::load(&sources).unwrap().warehouse;
        Self {
            _folder: folder,
            settings,
        }
    }

    async fn load(&self, request: &Request, text: impl AsRef<[u8]>) -> Result<Loaded, LoadError> {
        load(
            &self.settings,
            request,
            &mut Cursor::new(text.as_ref()),
            &|_| {},
        )
        .await
    }

    async fn refused(&self, request: &Request, text: impl AsRef<[u8]>) -> String {
        self.load(request, text).await.unwrap_err().to_string()
    }

    async fn read(&self, sql: &str) -> Answer {
        let warehouse = super::super::open(&self.settings).await.unwrap();
        let limits = Limits {
            rows: 10_000,
            bytes: 10_000_000,
            time: Duration::from_secs(10),
        };
        let statement = Statement {
            sql: sql.to_owned(),
            parameters: Vec::new(),
        };
        warehouse.query(statement, limits).await.unwrap()
    }
}

fn things() -> Request {
    Request::new(TableName::parse("things").unwrap())
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn kinds(loaded: &Loaded) -> Vec<Kind> {
    loaded.columns.iter().map(|column| column.kind).collect()
}

const ALL_KINDS: &str = "\
\u{feff}Is On,Count,Rate,Day,At,Note
TRUE,1,0.5,2026-01-31,29-02-2016 01:16,\"a, \"\"b\"\"
c\"
false,-2,3,2024-02-29,2026-01-31T10:00:00.25+01:00,2026-01-31T10:00:00Z
,,,,,
";

#[tokio::test]
async fn every_kind_goes_in_and_comes_out() {
    let place = Place::new();
    let loaded = place.load(&things(), ALL_KINDS).await.unwrap();
    use Kind::{Boolean, Date, Integer, Number, Text, Timestamp};
    assert_eq!(
        kinds(&loaded),
        [Boolean, Integer, Number, Date, Timestamp, Text]
    );
    assert_eq!((loaded.rows, loaded.appended), (3, false));
    let rows = place.read("SELECT * FROM things").await;
    assert_eq!(rows.columns[0].name, "is_on");
    let all = [
        vec![
            Value::Boolean(true),
            Value::Integer(1),
            Value::Number(0.5),
            text("2026-01-31"),
            text("2016-02-29T01:16:00Z"),
            text("a, \"b\"\nc"),
        ],
        vec![
            Value::Boolean(false),
            Value::Integer(-2),
            Value::Number(3.0),
            text("2024-02-29"),
            text("2026-01-31T09:00:00.25Z"),
            text("2026-01-31T10:00:00Z"),
        ],
        vec![Value::Null; 6],
    ];
    assert_eq!(rows.rows, all);
    let tables = super::super::open(&place.settings)
        .await
        .unwrap()
        .tables()
        .await
        .unwrap();
    assert_eq!(tables[0].columns, rows.columns);
}

#[tokio::test]
async fn loading_again_replaces_and_appending_adds() {
    let place = Place::new();
    place.load(&things(), "a,b\n1,x\n2,y\n").await.unwrap();
    place.load(&things(), "c\n2026-01-31\n").await.unwrap();
    assert_eq!(
        place.read("SELECT * FROM things").await.rows,
        [[text("2026-01-31")]]
    );
    let append = Request {
        append: true,
        ..things()
    };
    let loaded = place.load(&append, "C\n2026-02-01\n\"\"\n").await.unwrap();
    assert_eq!((loaded.rows, loaded.appended), (2, true));
    assert_eq!(place.read("SELECT c FROM things").await.rows.len(), 3);
    for (text, problem) in [
        ("d\n1\n", "a column c, and the file has not"),
        ("c,d\n2026-01-01,1\n", "a column d, and the table has not"),
        ("c\nsoon\n", "line 2: column c: \"soon\" is no date"),
    ] {
        let refusal = place.refused(&append, text).await;
        assert!(refusal.contains(problem), "{refusal}");
    }
    let types = [("c".to_owned(), Kind::Text)].into();
    let other = Request { types, ..append };
    assert!(matches!(
        place.load(&other, "c\nsoon\n").await,
        Err(LoadError::Request(_))
    ));
    assert_eq!(place.read("SELECT c FROM things").await.rows.len(), 3);
}

#[tokio::test]
async fn rows_that_do_not_fit_are_named_and_nothing_is_loaded() {
    let place = Place::new();
    place.load(&things(), "a\n1\n").await.unwrap();
    let types = [("A".to_owned(), Kind::Integer)].into();
    let named = Request { types, ..things() };
    let mut many = "A\n1\n".to_owned();
    many.push_str(&"x\n".repeat(25));
    let Err(LoadError::Rows { first, more }) = place.load(&named, &many).await else {
        panic!("it was loaded");
    };
    assert_eq!((first.len(), first[0].line, more), (20, 3, 5));
    let refusal = place.refused(&things(), "a,b\n1\n1,2\n1,2,3\n").await;
    assert!(
        refusal.contains("2 rows do not fit\n  line 2: it has 1 cells"),
        "{refusal}"
    );
    assert!(refusal.contains("\n  line 4: it has 3 cells"), "{refusal}");
    assert_eq!(
        place.read("SELECT a FROM things").await.rows,
        [[Value::Integer(1)]]
    );
}

#[tokio::test]
async fn files_that_are_none_are_refused_and_leave_nothing() {
    let place = Place::new();
    let too_long = format!("a\n{}\n", "x".repeat(300_000));
    let too_wide: String = (0..300).map(|column| format!("c{column},")).collect();
    for (bytes, problem) in [
        (&b""[..], "empty"),
        (b"\n\n", "empty"),
        (b"a,,c\n1,2,3\n", "column 2 has no heading"),
        (b"a,a\n1,2\n", "two columns"),
        (
            b"a,b\n1,2\n1,\"x\n2,3\n3,4\n",
            "line 3: a quote is left open",
        ),
        (b"a\n\xff\xfe\n", "line 2: it is not UTF-8"),
        (b"a\nx\0y\n", "line 2: it has a NUL"),
        (b"\xff\n1\n", "line 1, the headings: it is not UTF-8"),
        (too_long.as_bytes(), "a row has more than"),
        (too_wide.as_bytes(), "columns, more than 256"),
    ] {
        let refusal = place.refused(&things(), bytes).await;
        assert!(refusal.contains(problem), "{refusal}");
    }
    let WarehouseUrlPath(path) = (&place.settings).into();
    assert!(!path.exists(), "a file was made");
}

struct WarehouseUrlPath(std::path::PathBuf);

impl From<&config::Warehouse> for WarehouseUrlPath {
    fn from(settings: &config::Warehouse) -> Self {
        match &settings.url {
            config::WarehouseUrl::Sqlite(path) => Self(path.clone()),
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn what_is_missing_is_named_by_the_caller() {
    let place = Place::new();
    let csv = "id;n\n1;?\n?;-\n";
    let request = Request {
        delimiter: b';',
        ..things()
    };
    let loaded = place.load(&request, csv).await.unwrap();
    assert_eq!(loaded.columns[0].question_marks, 1);
    assert_eq!(kinds(&loaded), [Kind::Text, Kind::Text]);
    let null = vec!["?".to_owned(), "-".to_owned()];
    let loaded = place.load(&Request { null, ..request }, csv).await.unwrap();
    assert_eq!(kinds(&loaded), [Kind::Integer, Kind::Text]);
    assert_eq!(loaded.columns[1].nulls, 2);
}

#[tokio::test]
async fn a_table_without_rows_has_its_columns() {
    let place = Place::new();
    let loaded = place.load(&things(), "a,b").await.unwrap();
    assert_eq!(
        (loaded.rows, kinds(&loaded)),
        (0, vec![Kind::Text, Kind::Text])
    );
    assert_eq!(place.read("SELECT * FROM things").await.columns.len(), 2);
}

/// A cell of any kind that is inferred, and the value that comes out.
fn cell() -> impl Strategy<Value = (String, Kind)> {
    prop_oneof![
        any::<bool>().prop_map(|value| (value.to_string(), Kind::Boolean)),
        any::<i64>().prop_map(|value| (value.to_string(), Kind::Integer)),
        (-1e300..1e300).prop_map(|value: f64| (format!("{value:e}"), Kind::Number)),
        (1i32..=9999, 1u32..=12, 1u32..=28)
            .prop_map(|(year, month, day)| (format!("{year:04}-{month:02}-{day:02}"), Kind::Date)),
        (1i32..=9999, 0u32..24, 0u32..60, 0u32..1_000_000).prop_map(
            |(year, hour, minute, micros)| (
                format!("{year:04}-07-01T{hour:02}:{minute:02}:59.{micros:06}Z"),
                Kind::Timestamp
            )
        ),
        "[^\\x00]{1,30}".prop_map(|text| (text, Kind::Text)),
    ]
}

fn expected(cell: &str, kind: Kind) -> Value {
    match kind {
        Kind::Boolean => Value::Boolean(cell == "true"),
        Kind::Integer => Value::Integer(cell.parse().unwrap()),
        Kind::Number => Value::Number(cell.parse().unwrap()),
        Kind::Date | Kind::Text => text(cell),
        Kind::Timestamp => {
            let trimmed = cell
                .trim_end_matches('Z')
                .trim_end_matches('0')
                .trim_end_matches('.');
            text(&format!("{trimmed}Z"))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_loaded_comes_out_again(cells in proptest::collection::vec(cell(), 1..40)) {
        // One column for each cell, and one for the text of all of them.
        let mut writer = csv::Writer::from_writer(Vec::new());
        let headings = (0..cells.len()).map(|column| format!("c{column}"));
        writer.write_record(headings.chain(["all".to_owned()])).unwrap();
        let all = format!("text {}", cells.iter().map(|(cell, _)| cell.as_str()).collect::<String>());
        let row = cells.iter().map(|(cell, _)| cell.as_str()).chain([all.as_str()]);
        writer.write_record(row).unwrap();
        let csv = writer.into_inner().unwrap();

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (loaded, rows) = runtime.block_on(async {
            let place = Place::new();
            let loaded = place.load(&things(), &csv).await.unwrap();
            (loaded, place.read("SELECT * FROM things").await)
        });
        for (place, (cell, kind)) in cells.iter().enumerate() {
            // Text may happen to be something narrower; then it is that.
            if *kind != Kind::Text {
                prop_assert_eq!(loaded.columns[place].kind, *kind, "{}", cell);
            }
            if loaded.columns[place].kind == *kind {
                prop_assert_eq!(&rows.rows[0][place], &expected(cell, *kind));
            }
        }
        prop_assert_eq!(&rows.rows[0][cells.len()], &text(&all));
    }

    #[test]
    fn no_file_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let place = Place::new();
            let _ = place.load(&things(), &bytes).await;
        });
    }
}

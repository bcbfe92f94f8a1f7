//! `ambit warehouse load` and `tables`, on the full files, beside a running server.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::{count, data};
use crate::support::Server;

fn json(server: &Server, arguments: &[&str]) -> Value {
    let output = server.command(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a load that is refused says, and its exit status.
fn refused(server: &Server, arguments: &[&str]) -> (i32, String) {
    let output = server.command(arguments).output().unwrap();
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text)
}

fn write(server: &Server, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = server.folder().join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

/// What a command writes to a terminal, which only shows.
fn on_a_terminal(command: &Command) -> String {
    const TERMINAL: &str = "import os, pty, sys; \
        sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let python = std::env::var_os("AMBIT_TEST_PYTHON");
    let python = python.expect("AMBIT_TEST_PYTHON is set: run the tests by tests/run");
    let mut terminal = Command::new(python);
    terminal
        .args(["-c", TERMINAL])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("TERM", "xterm")
        .stdin(Stdio::null());
    if let Some(folder) = command.get_current_dir() {
        terminal.current_dir(folder);
    }
    let output = terminal.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn types(table: &Value) -> Vec<(&str, &str)> {
    let columns = table["columns"].as_array().unwrap().iter();
    columns
        .map(|column| {
            (
                column["name"].as_str().unwrap(),
                column["type"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn a_bar_shows_on_a_terminal_how_far_a_load_has_come() {
    let server = Server::start();
    let file = data("incident_event_log.csv");
    let arguments = ["warehouse", "load", &file, "--table", "incident_events"];
    let shown = on_a_terminal(&server.command(&arguments));
    // Each state of the bar is drawn over the one before, and nothing of it stays.
    let (bar, end) = shown.rsplit_once("left").unwrap();
    let places: Vec<usize> = bar
        .split('\r')
        .map(|line| line.matches('█').count())
        .collect();
    let drawn = places.iter().filter(|place| **place > 0).count();
    assert!(drawn > 1 && places.is_sorted(), "{shown:?}");
    assert!(end.contains("\u{1b}[2K"), "{shown:?}");
    assert!(end.contains("loaded into incident_events"), "{shown:?}");
    assert_eq!(count(server.database(), "incident_events"), 5998);

    let output = server.command(&arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_full_files_are_loaded() {
    let server = Server::start();
    for (file, table, rows) in [
        ("incident_event_log.csv", "incident_events", 5998),
        ("audit_risk.csv", "audit_risk", 772),
        ("releases.csv", "releases", 159),
        ("release_changes.csv", "release_changes", 4679),
    ] {
        let file = data(file);
        let arguments = [
            "warehouse",
            "load",
            &file,
            "--table",
            table,
            "--null",
            "?",
            "--json",
        ];
        let loaded = json(&server, &arguments);
        assert_eq!(loaded["rows"], rows, "{table}");
    }
    let tables = json(&server, &["warehouse", "tables", "--json"]);
    let names: Vec<&str> = tables
        .as_array()
        .unwrap()
        .iter()
        .map(|table| table["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "audit_risk",
            "incident_events",
            "release_changes",
            "releases"
        ]
    );
    let audit = types(&tables[0]);
    for expected in [
        ("risk_e", "number"),
        ("prob", "number"),
        ("prob_2", "number"),
        ("risk", "text"),
    ] {
        assert!(audit.contains(&expected), "{expected:?} in {audit:?}");
    }
    let incidents = types(&tables[1]);
    assert_eq!(incidents.len(), 36);
    for expected in [
        ("opened_at", "timestamp"),
        ("resolved_at", "timestamp"),
        ("made_sla", "boolean"),
        ("reassignment_count", "integer"),
        ("caller_id", "text"),
    ] {
        assert!(
            incidents.contains(&expected),
            "{expected:?} in {incidents:?}"
        );
    }
}

#[test]
fn a_table_is_replaced_or_added_to() {
    let server = Server::start();
    let file = data("releases.csv");
    for _ in 0..2 {
        json(
            &server,
            &["warehouse", "load", &file, "--table", "releases", "--json"],
        );
    }
    let added = json(
        &server,
        &[
            "warehouse",
            "load",
            &file,
            "--table",
            "releases",
            "--append",
            "--json",
        ],
    );
    assert_eq!(
        (&added["rows"], &added["appended"]),
        (&159.into(), &true.into())
    );
    let other = data("audit_risk.csv");
    let (status, said) = refused(
        &server,
        &[
            "warehouse",
            "load",
            &other,
            "--table",
            "releases",
            "--append",
        ],
    );
    assert!(
        status == 1 && said.contains("the table has a column version"),
        "{said}"
    );
}

#[test]
fn bad_rows_are_named_and_nothing_is_loaded() {
    let server = Server::start();
    let mut rows = "id,amount\n1,2.5\n".to_owned();
    for line in 0..30 {
        rows.push_str(&format!("{line},LOHARU\n"));
    }
    let file = write(&server, "bad.csv", &rows);
    let load = [
        "warehouse",
        "load",
        file.as_str(),
        "--table",
        "bad",
        "--type",
        "amount=number",
    ];
    let (status, said) = refused(&server, &load);
    assert_eq!(status, 1);
    assert!(said.contains("30 rows do not fit"), "{said}");
    assert!(
        said.contains("line 3: column amount: \"LOHARU\" is no number"),
        "{said}"
    );
    assert!(said.contains("and 10 more"), "{said}");
    assert_eq!(
        json(&server, &["warehouse", "tables", "--json"]),
        serde_json::json!([])
    );
}

#[test]
fn what_cannot_be_loaded_is_refused_clearly() {
    let server = Server::start();
    let good = write(&server, "good.csv", "a,b\n1,2\n");
    let empty = write(&server, "empty.csv", "");
    let open_quote = write(&server, "quote.csv", "a,b\n1,\"2\n3,4\n");
    let latin = write(&server, "latin.csv", b"a\nM\xfcller\n");
    let twice = write(&server, "twice.csv", "a,a\n1,2\n");
    for (arguments, status, problem) in [
        (
            vec![good.as_str(), "--table", "ambit_x"],
            2,
            "must not begin with ambit_",
        ),
        (
            vec![&good, "--table", "a; DROP TABLE b"],
            2,
            "lower case letters",
        ),
        (
            vec![&good, "--table", "x", "--type", "c=number"],
            2,
            "there is no column \"c\"",
        ),
        (
            vec![&good, "--table", "x", "--type", "a=money"],
            2,
            "must be one of",
        ),
        (
            vec![&good, "--table", "x", "--delimiter", "ab"],
            2,
            "must be one ASCII character",
        ),
        (vec![&empty, "--table", "x"], 1, "the file is empty"),
        (vec![&open_quote, "--table", "x"], 1, "a quote is left open"),
        (vec![&latin, "--table", "x"], 1, "line 2: it is not UTF-8"),
        (vec![&twice, "--table", "x"], 1, "two columns \"a\""),
        (vec!["nowhere.csv", "--table", "x"], 1, "nowhere.csv"),
    ] {
        let mut line = vec!["warehouse", "load"];
        line.extend(arguments);
        let (found, said) = refused(&server, &line);
        assert_eq!(found, status, "{line:?}: {said}");
        assert!(said.contains(problem), "{line:?}: {said}");
    }
    assert_eq!(
        json(&server, &["warehouse", "tables", "--json"]),
        serde_json::json!([])
    );
}

#[test]
fn snowflake_is_loaded_with_its_own_tools() {
    let server = Server::start();
    let file = data("releases.csv");
    let mut command = server.command(&["warehouse", "load", &file, "--table", "releases"]);
    command.env(
        "AMBIT_WAREHOUSE_URL",
        "snowflake://org-account/SALES/PUBLIC?user=AMBIT",
    );
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && said.contains("Snowflake's own tools"),
        "{said}"
    );
}

#[test]
fn a_load_that_is_killed_leaves_the_old_table() {
    let server = Server::start();
    let small = write(&server, "small.csv", "id\n1\n");
    json(
        &server,
        &["warehouse", "load", &small, "--table", "numbers", "--json"],
    );
    let mut many = "id\n".to_owned();
    for number in 0..400_000 {
        many.push_str(&format!("{number}\n"));
    }
    let many = write(&server, "many.csv", many);
    for wait in [300, 900, 1500] {
        let mut load = server
            .command(&["warehouse", "load", &many, "--table", "numbers"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(wait));
        load.kill().unwrap();
        let whole = load.wait().unwrap().success();
        let loaded = json(
            &server,
            &["warehouse", "load", &small, "--table", "other", "--json"],
        );
        assert_eq!(loaded["rows"], 1);
        let tables = json(&server, &["warehouse", "tables", "--json"]);
        let names: Vec<_> = tables
            .as_array()
            .unwrap()
            .iter()
            .map(|table| &table["name"])
            .collect();
        assert_eq!(names, ["numbers", "other"], "after {wait} ms");
        let rows = if whole { 400_000 } else { 1 };
        let count = count(server.database(), "numbers");
        assert!(
            count == rows || count == 400_000,
            "{count} rows after {wait} ms, whole: {whole}"
        );
    }
}

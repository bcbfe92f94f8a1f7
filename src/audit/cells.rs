//! An audit record as it is handed out: as cells of a spreadsheet, or as a line of JSON.

use serde_json::Value;

use crate::storage::audit_records::AuditRow;

/// The first line of a spreadsheet.
pub const HEADINGS: [&str; 16] = [
    "seq",
    "at",
    "tenant_id",
    "client_id",
    "subject",
    "event",
    "decision",
    "reason",
    "target",
    "actors",
    "remote_address",
    "request_id",
    "duration_us",
    "details",
    "previous",
    "hash",
];

/// A record's line, in the order of the headings.
pub fn cells(row: &AuditRow) -> [String; 16] {
    let record: Value = serde_json::from_str(&row.record).unwrap_or_default();
    HEADINGS.map(|heading| {
        let cell = match heading {
            "seq" => row.seq.to_string(),
            "hash" => row.hash.clone(),
            name => text(record.get(name)),
        };
        defused(cell)
    })
}

/// A record with its hash, as a line of JSON Lines without its end. Put together by hand: the record's
/// text must come out as it was hashed.
pub fn json_line(row: &AuditRow) -> String {
    format!(
        "{{\"hash\":{},\"record\":{}}}",
        Value::from(row.hash.as_str()),
        row.record
    )
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A spreadsheet runs a cell that begins like a formula; an apostrophe before it makes it text.
fn defused(cell: String) -> String {
    let formula = cell
        .trim_start_matches([' ', '\u{a0}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"] {
            assert_eq!(defused(cell.to_owned()), format!("'{cell}"));
        }
        for cell in [
            "",
            "token.issue",
            "1=1",
            "{\"a\":\"=1\"}",
            "2026-11-22T10:11:12Z",
        ] {
            assert_eq!(defused(cell.to_owned()), cell);
        }
    }

    #[test]
    fn cells_stand_under_their_headings() {
        let record = serde_json::json!({
            "at": "2026-11-22T10:11:12.131415Z",
            "actors": [{"id": "a", "kind": "client"}],
            "duration_us": 12,
            "target": "=cmd",
        });
        let row = AuditRow {
            seq: 7,
            tenant_id: "default".to_owned(),
            at: 0,
            client_id: None,
            event: "x".to_owned(),
            decision: "denied".to_owned(),
            record: record.to_string(),
            hash: "ab".to_owned(),
        };
        let cells = cells(&row);
        let cell =
            |heading: &str| &cells[HEADINGS.iter().position(|name| *name == heading).unwrap()];
        assert_eq!(cell("seq"), "7");
        assert_eq!(cell("duration_us"), "12");
        assert_eq!(cell("target"), "'=cmd");
        assert_eq!(cell("actors"), r#"[{"id":"a","kind":"client"}]"#);
        assert_eq!(cell("hash"), "ab");
        assert_eq!(cell("subject"), "");
    }
}

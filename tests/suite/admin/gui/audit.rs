//! The audit log's pages: they show what the log holds, and find out when it holds no more.

use serde_json::{Value, json};

use super::Browser;
use crate::support::{Caller, RegisteredClient, Server};

const HERE: &str = "/admin/audit";

/// The numbers of the records on a page, in its order.
fn numbers(page: &str) -> Vec<i64> {
    let page = page.split("<template").next().unwrap();
    let parts = page.split("data-slot=\"seq\">").skip(1);
    parts
        .map(|part| part.split_once('<').unwrap().0.parse().unwrap())
        .collect()
}

/// A client with a token, that was refused once.
fn refused_client(server: &Server) -> RegisteredClient {
    let client = server.create_client("Refused", &["protected"]);
    let agent = server.agent(&client);
    agent.get("/protected").expect(200);
    agent.get("/highly_confidential").expect(403);
    client
}

fn records(server: &Server, query: &str) -> Vec<Value> {
    let path = format!("/admin/api/audit?limit=500{query}");
    let answer: Value = server.admin().get(&path).expect(200).json();
    answer["records"].as_array().unwrap().clone()
}

fn seqs(records: &[Value]) -> Vec<i64> {
    let seq = |one: &Value| one["record"]["seq"].as_i64().unwrap();
    records.iter().map(seq).collect()
}

#[test]
fn records_are_filtered_as_the_admin_api_filters_them() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let client = refused_client(&server);
    server.create_client("Other", &[]);
    let all = records(&server, "&event=client.create");
    let every = seqs(&all);
    let newest = numbers(&browser.get(HERE).expect(200).body);
    // The API's answer begins with the record of itself.
    assert_eq!(newest, seqs(&records(&server, ""))[1..][..newest.len()]);
    let shown = |query: &str| {
        let page = browser.get(&format!("{HERE}?{query}")).expect(200);
        numbers(&page.body)
    };
    for filter in [
        format!("client_id={}", client.client_id),
        "event=token.issue".to_owned(),
        "decision=denied".to_owned(),
        "decision=limited".to_owned(),
    ] {
        let by_page = filter.replace("client_id", "client");
        let expected = seqs(&records(&server, &format!("&{filter}")));
        assert_eq!(shown(&by_page), expected, "{filter}");
    }
    assert_eq!(shown("decision=refused"), shown("decision=denied"));
    assert_eq!(shown("target=GET+/highly_confidential").len(), 1);
    assert_eq!(shown("target=GET+/highly").len(), 0);
    let request = all[0]["record"]["request_id"].as_str().unwrap();
    let of_request = shown(&format!("request_id={request}"));
    assert_eq!(
        of_request,
        seqs(&records(&server, &format!("&request_id={request}")))
    );
    // By time: a preset, and ends, of which one hour holds everything and the past nothing.
    assert_eq!(shown("period=1h&event=client.create"), every);
    assert_eq!(shown("to=2020-01-01T00:00"), [0; 0]);
    assert_eq!(shown("from=2020-01-01T00:00&event=client.create"), every);
    assert_eq!(shown("from=2020-01-01T00:00&to=2020-01-02T00:00"), [0; 0]);
    // What makes no sense asks for nothing.
    let nonsense = "period=x&from=x&to=x&decision=x&before=x&client=%00&event=client.create";
    assert_eq!(shown(nonsense), every);
    browser.get("/admin/audit?client=%ff&&&=").expect(200);
    let none = browser.get("/admin/audit?target=none").expect(200).body;
    assert!(none.contains("No record fits"), "{none}");
}

#[test]
fn pages_follow_on_each_other() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    for number in 0..60 {
        server.create_client(&format!("Client {number}"), &[]);
    }
    let all = seqs(&records(&server, "&event=client.create"));
    let first = browser
        .get("/admin/audit?event=client.create")
        .expect(200)
        .body;
    let (before, _) = first.split_once("rel=\"next\"").unwrap();
    let (_, link) = before.rsplit_once("href=\"").unwrap();
    let link = link.split_once('"').unwrap().0.replace("&#38;", "&");
    let second = browser.get(&link).expect(200).body;
    assert_eq!([numbers(&first), numbers(&second)].concat(), all);
    assert!(second.contains(">Newest</a>") && !second.contains("rel=\"next\""));
    assert!(first.contains("data-live") && !second.contains("data-live="));
}

#[test]
fn a_record_is_shown_in_full_with_its_place_in_the_chain() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let client = refused_client(&server);
    let refused = &records(&server, "&decision=denied")[0];
    let seq = refused["record"]["seq"].as_i64().unwrap();
    let page = browser.get(&format!("{HERE}/{seq}")).expect(200).body;
    for part in [
        refused["hash"].as_str().unwrap(),
        refused["record"]["previous"].as_str().unwrap(),
        refused["record"]["request_id"].as_str().unwrap(),
        &client.client_id,
        "GET /highly_confidential",
        "insufficient scope",
        "<span class=\"badge good\">Holds</span>",
        &format!("href=\"{HERE}/{}\"", seq - 1),
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    // The text is the one that was hashed.
    let (_, text) = page.split_once("<pre id=\"text\">").unwrap();
    let text = text.split_once("</pre>").unwrap().0;
    let text = text.replace("&#34;", "\"").replace("&#38;", "&");
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        refused["record"]
    );
    let first = browser.get(&format!("{HERE}/1")).expect(200).body;
    assert!(first.contains("Nothing stands before the first record."));
    let last = seqs(&records(&server, ""))[0];
    let last = browser.get(&format!("{HERE}/{last}")).expect(200).body;
    assert!(last.contains("This is the last record so far."), "{last}");
    for nowhere in ["0", "-1", "999999", "x", "9223372036854775807", "%00"] {
        browser.get(&format!("{HERE}/{nowhere}")).expect(404);
    }
}

#[test]
fn looking_leaves_no_record_and_taking_something_along_does() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let secret = browser.sent("/admin/clients/new", &[("client_name", "Watched")]);
    let recorded = || -> Vec<Value> {
        let records = records(&server, "");
        let own = |one: &&Value| one["record"]["actors"][0]["id"] == "admin";
        let looked = |one: &&Value| {
            one["record"]["target"]
                .as_str()
                .unwrap()
                .starts_with("GET /")
        };
        let of = records.iter().filter(own).filter(looked);
        let of = of.filter(|one| one["record"]["target"] != "GET /admin/api/audit");
        of.map(|one| json!([one["record"]["target"], one["record"]["decision"]]))
            .collect()
    };
    for path in [
        "/admin",
        HERE,
        "/admin/audit/1",
        "/admin/clients",
        "/admin/keys",
        "/admin/settings",
    ] {
        browser.get(path).expect(200);
    }
    assert_eq!(recorded(), Vec::<Value>::new());
    browser.get(&secret).expect(200);
    browser.get(&secret).expect(200);
    let shown = json!(["GET /admin/clients/{client_id}/secret", "allowed"]);
    assert_eq!(recorded(), std::slice::from_ref(&shown));
    browser.get("/admin/audit/export?format=csv").expect(200);
    let exported = json!(["GET /admin/audit/export", "allowed"]);
    assert_eq!(recorded(), [exported, shown]);
}

#[test]
fn records_are_found_by_their_reason() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let client = refused_client(&server);
    let wrong = RegisteredClient {
        client_secret: "reason\",\"re".to_owned(),
        ..client
    };
    let form = [("grant_type", "client_credentials")];
    let caller = server.anonymous().with_basic(&wrong);
    caller.post_form("/token", &form).expect(401);
    let count = |reason: &str| {
        let page = browser.get(&format!("{HERE}?reason={reason}")).expect(200);
        numbers(&page.body).len()
    };
    assert_eq!(count("insufficient_scope"), 1);
    assert_eq!(count("Insufficient+scope"), 1);
    assert_eq!(count("client_authentication_failed"), 1);
    for none in [
        "scope",
        "insufficient",
        "insufficient_scope%25",
        "_",
        "%25",
        "%22",
    ] {
        assert_eq!(count(none), 0, "{none}");
    }
}

#[test]
fn what_was_changed_is_found() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    refused_client(&server);
    let verify = "/admin/audit/verification";
    let page = browser.get(verify).expect(200).body;
    assert!(page.contains(">Intact</span>"), "{page}");
    let (_, noted) = page.split_once("data-copy=\"").unwrap();
    let noted = noted.split_once('"').unwrap().0.to_owned();
    let against = |noted: &str| {
        let page = browser.get_query(verify, &[("expect", noted)]);
        page.expect(200).body
    };
    assert!(against(&noted).contains("is still there as it was noted"));
    let other = noted.replace(':', ":0").replace(":0", ":f");
    assert!(against(&other[..noted.len()]).contains("is not there as it was noted"));
    assert!(against("<b>").contains("64 hexadecimal digits"));
    // It can go on from where it stopped before.
    let page = browser.get_query(verify, &[("from", &noted)]).expect(200);
    assert!(page.body.contains(">Intact</span>"), "{page}");

    let change = "UPDATE audit_records SET decision = 'allowed' WHERE decision = 'denied'";
    assert_eq!(server.database().execute(change), 1);
    let page = browser.get(verify).expect(200).body;
    assert!(page.contains(">Does not hold</span>") && page.contains("was changed"));
    let (_, faults) = page.split_once("class=\"faults\"").unwrap();
    let (_, fault) = faults.split_once("Record ").unwrap();
    let seq = fault.split_once(' ').unwrap().0;
    assert!(page.contains(&format!("href=\"{HERE}/{seq}\"")), "{page}");
    let one = browser.get(&format!("{HERE}/{seq}")).expect(200).body;
    assert!(one.contains(">Does not hold</span>"), "{one}");
    let remove = "DELETE FROM audit_records WHERE seq = 2";
    assert_eq!(server.database().execute(remove), 1);
    let page = browser.get(verify).expect(200).body;
    assert!(page.contains("Record 2 was removed."), "{page}");
    let third = browser.get(&format!("{HERE}/3")).expect(200).body;
    assert!(third.contains("Record 2, before it, was removed."));
}

#[test]
fn what_is_filtered_is_exported() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let body = json!({"client_name": "=HYPERLINK(\"http://evil.example\"),\"x"});
    server.admin().register(&body);
    refused_client(&server);
    let export = |query: &str| browser.get(&format!("{HERE}/export?{query}")).expect(200);

    let answer = export("format=jsonl&event=client.create");
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("application/jsonl"), "{answer}");
    let name = answer.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment; filename=\"audit-20"));
    assert!(name.ends_with(".jsonl\""));
    let lines: Vec<Value> = answer
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, records(&server, "&event=client.create"));

    let answer = export("format=csv");
    let mut reader = csv::Reader::from_reader(answer.body.as_bytes());
    let headings = reader.headers().unwrap().clone();
    let place = |name: &str| headings.iter().position(|one| one == name).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), records(&server, "").len() - 1);
    for cell in rows.iter().flatten() {
        assert!(
            !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
            "{cell}"
        );
    }
    assert_eq!(&rows[rows.len() - 1][place("seq")], "1");
    assert_eq!(export("format=csv&target=none").body.lines().count(), 1);
    assert_eq!(export("format=jsonl&target=none").body, "");
    browser.get("/admin/audit/export?format=exe").expect(400);
}

#[test]
fn what_strangers_wrote_is_text() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    for name in ["<script>alert(1)</script>", "\" onmouseover=\"alert(1)"] {
        let client = server.create_client(name, &["protected"]);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", name),
            ("client_secret", name),
        ];
        server.anonymous().post_form("/token", &form);
        let seq = records(&server, &format!("&client_id={}", client.client_id));
        let seq = seqs(&seq)[0];
        let asked = [
            ("target", name),
            ("client", name),
            ("request_id", name),
            ("from", name),
            ("event", name),
        ];
        for page in [
            browser.get(HERE),
            browser.get_query(HERE, &asked),
            browser.get(&format!("{HERE}/{seq}")),
            browser.get_query("/admin/audit/verification", &[("expect", name)]),
        ] {
            let page = page.expect(200).body;
            for live in ["<script>alert", "\" onmouseover="] {
                assert!(!page.contains(live), "{live} in {page}");
            }
        }
    }
}

#[test]
fn nobody_sees_it_without_a_session() {
    let server = Server::start();
    for path in ["", "/1", "/export", "/live", "/verification"] {
        let answer = Browser::new(&server).get(&format!("{HERE}{path}"));
        assert_eq!(answer.status, 303, "{path}: {answer}");
    }
}

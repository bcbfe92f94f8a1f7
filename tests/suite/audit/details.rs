//! What a record says about a change or a token: all of it, so that the log alone tells who could do
//! what, and when.

use serde_json::{Value, json};

use super::records_of;
use crate::support::{Answer, Caller, Server};

/// The details of the one record of this event that a request left.
#[track_caller]
fn details(server: &Server, answer: &Answer, event: &str) -> Value {
    let mut records = records_of(server, answer);
    records.retain(|record| record["event"] == event);
    assert_eq!(records.len(), 1, "{answer}: {records:#?}");
    records.remove(0)["details"].take()
}

/// Demands that a detail names each of these, whole.
#[track_caller]
fn assert_names<T: AsRef<str>>(details: &Value, name: &str, values: &[T]) {
    let text = details[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {details:#}"));
    let words: Vec<_> = text.split([' ', '"', ',', '[', ']']).collect();
    for value in values {
        assert!(
            words.contains(&value.as_ref()),
            "{}: {details:#}",
            value.as_ref()
        );
    }
}

#[test]
fn a_change_is_recorded_with_the_new_values() {
    let resources = ["https://one.example/", "https://two.example/"];
    let server = Server::with([("AMBIT_RESOURCES", resources.join(",").as_str())]).start();
    let admin = server.admin();
    let metadata = json!({
        "client_name": "reporter",
        "scope": "protected",
        "allowed_resources": [resources[0]],
        "serves_resources": [resources[1]],
        "grant_types": ["client_credentials"],
        "access_token_lifetime": 1234,
    });
    let created = admin.post_json("/admin/api/clients", &metadata).expect(201);
    let recorded = details(&server, &created, "client.create");
    assert_names(&recorded, "scope", &["protected"]);
    assert_names(&recorded, "allowed_resources", &resources[..1]);
    assert_names(&recorded, "serves_resources", &resources[1..]);
    assert_names(&recorded, "grant_types", &["client_credentials"]);
    assert_names(&recorded, "access_token_lifetime", &["1234"]);

    let created: Value = created.json();
    let path = format!(
        "/admin/api/clients/{}",
        created["client_id"].as_str().expect("an id")
    );
    let patch = json!({
        "scope": "highly_sensitive protected",
        "allowed_resources": resources,
        "serves_resources": [resources[0]],
        "grant_types": ["client_credentials"],
        "access_token_lifetime": 77,
    });
    let changed = admin.patch_json(&path, &patch).expect(200);
    let recorded = details(&server, &changed, "client.update");
    assert_names(&recorded, "scope", &["highly_sensitive", "protected"]);
    assert_names(&recorded, "allowed_resources", &resources);
    assert_names(&recorded, "serves_resources", &resources[..1]);
    assert_names(&recorded, "grant_types", &["client_credentials"]);
    assert_names(&recorded, "access_token_lifetime", &["77"]);

    let changed = admin
        .patch_json(&path, &json!({"access_token_lifetime": null, "scope": ""}))
        .expect(200);
    let recorded = details(&server, &changed, "client.update");
    assert_eq!(recorded["scope"], "", "{recorded:#}");
    assert!(
        recorded.get("access_token_lifetime").is_some(),
        "{recorded:#}"
    );
    // What was not given is not said: somebody else may be changing it at the same time.
    for untouched in ["allowed_resources", "serves_resources", "grant_types"] {
        assert!(recorded.get(untouched).is_none(), "{recorded:#}");
    }
    let changed = admin
        .patch_json(&path, &json!({"description": "no more than words"}))
        .expect(200);
    let recorded = details(&server, &changed, "client.update");
    assert_eq!(recorded, json!({"fields": "description"}));
}

#[test]
fn a_token_is_recorded_with_all_that_it_covers() {
    let long = |kind: &str| format!("https://{kind}.example/{}", kind.repeat(30));
    let resources = ["first", "second", "third"].map(long);
    let server = Server::with([("AMBIT_RESOURCES", resources.join(",").as_str())]).start();
    let admin = server.admin();
    let scopes: Vec<_> = (10..70)
        .map(|number| format!("warehouse:inventory:reading-of-shelf-{number}"))
        .collect();
    for name in &scopes {
        let scope = json!({"name": name, "description": "One shelf.", "sensitivity": "normal"});
        admin.post_json("/admin/api/scopes", &scope).expect(201);
    }
    let metadata = json!({
        "client_name": "reporter",
        "scope": scopes.join(" "),
        "allowed_resources": resources,
    });
    let created = admin.post_json("/admin/api/clients", &metadata).expect(201);
    let recorded = details(&server, &created, "client.create");
    assert_eq!(recorded["scope"], scopes.join(" "));
    assert_names(&recorded, "allowed_resources", &resources);

    let created: Value = created.json();
    let text = |name: &str| created[name].as_str().expect("text").to_owned();
    let mut form = vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", text("client_id")),
        ("client_secret", text("client_secret")),
    ];
    form.extend(
        resources
            .iter()
            .map(|resource| ("resource", resource.clone())),
    );
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let issued = server.anonymous().post_form("/token", &form).expect(200);
    let recorded = details(&server, &issued, "token.issue");
    assert_eq!(recorded["scope"], scopes.join(" "));
    assert_names(&recorded, "audience", &resources);
}

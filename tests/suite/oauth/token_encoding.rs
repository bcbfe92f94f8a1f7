//! Tokens that were bent in their encoding: nothing is mended, and no token has two forms.

use serde_json::{Value, json};

use super::forge::{Forge, jwt};
use crate::support::{Agent, Answer, Caller, RegisteredClient, Server};

fn scene() -> (Server, RegisteredClient, Agent) {
    let server = Server::start();
    let client = server.create_client("agent", &["protected"]);
    let agent = server.agent(&client);
    (server, client, agent)
}

/// Demands that the token is not valid to those endpoints that take any text for one.
#[track_caller]
fn refuse(server: &Server, client: &RegisteredClient, token: &str) {
    let basic = server.anonymous().with_basic(client);
    let introspected: Value = basic
        .post_form("/introspect", &[("token", token)])
        .expect(200)
        .json();
    assert_eq!(introspected, json!({ "active": false }), "{token:?}");
    basic.post_form("/revoke", &[("token", token)]).expect(200);
    let request = server
        .anonymous()
        .request(reqwest::Method::GET, "/protected");
    // Some are no value of a header at all; whoever can send them by other means is tested elsewhere.
    if let Ok(value) = reqwest::header::HeaderValue::from_str(&format!("Bearer {token}")) {
        Answer::to(request.header("authorization", value)).expect(401);
    }
}

#[test]
fn nothing_may_stand_before_within_or_after_a_token() {
    let (server, client, agent) = scene();
    let token = agent.token.access_token.as_str();
    let (header, rest) = token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let bent = [
        format!("{token}A"),
        format!("{token}AAAA"),
        format!("{token}="),
        format!("{token}=="),
        format!("{token}."),
        format!("{token}.AAAA"),
        format!("{token}.{signature}"),
        format!("{token}\u{7f}"),
        format!("{token},{token}"),
        format!("{token}é"),
        format!(".{token}"),
        format!("A{token}"),
        format!("{header}. {claims}.{signature}"),
        format!("{header}.{claims}\t.{signature}"),
        format!("{header}\n.{claims}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}=.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}"),
        format!(".{claims}.{signature}"),
        format!("{claims}.{header}.{signature}"),
        format!("{header}.{claims}.{}", &signature[..signature.len() - 1]),
        format!("{header}.{claims}.{}", signature.replace(['-', '_'], "+")),
        token.replace('.', "%2E"),
        token.to_ascii_lowercase(),
        "Bearer ".to_owned() + token,
    ];
    for token in bent.iter().filter(|bent| *bent != token) {
        refuse(&server, &client, token);
    }
    agent.get("/protected").expect(200);
}

/// A signature of 256 bytes leaves four bits of its last letter unused (RFC 4648, section 3.5).
#[test]
fn unused_bits_are_zero() {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (server, client, agent) = scene();
    let token = agent.token.access_token.as_str();
    let (start, last) = token.split_at(token.len() - 1);
    let index = LETTERS
        .iter()
        .position(|letter| [*letter] == *last.as_bytes())
        .unwrap();
    assert_eq!(index % 16, 0, "the genuine form is canonical");
    for letter in &LETTERS[index + 1..index + 16] {
        refuse(&server, &client, &format!("{start}{}", char::from(*letter)));
    }
    agent.get("/protected").expect(200);
}

#[test]
fn every_changed_letter_is_noticed() {
    let (server, client, agent) = scene();
    let token = agent.token.access_token.clone().into_bytes();
    for index in (0..token.len()).step_by(23).chain([token.len() - 1]) {
        let mut changed = token.clone();
        changed[index] = if changed[index] == b'w' { b'g' } else { b'w' };
        refuse(&server, &client, &String::from_utf8(changed).unwrap());
    }
    agent.get("/protected").expect(200);
}

#[test]
fn parts_are_json_objects_whose_members_stand_once() {
    let (server, client, agent) = scene();
    let forge = Forge::new(&server, &agent.token);
    let (header, claims) = (forge.header.to_string(), forge.claims.to_string());
    let again =
        |text: &str, member: &str| format!("{},{member}}}", text.strip_suffix('}').unwrap());
    let deep = format!("{}{}", "[".repeat(3_000), "]".repeat(3_000));
    let headers = [
        again(&header, "\"alg\":\"none\""),
        again(&header, "\"alg\":\"RS256\""),
        again(&header, "\"kid\":\"other\""),
        format!("{{\"alg\":\"none\",{}", &header[1..]),
        format!("[{header}]"),
        format!("{header}{header}"),
        format!("\u{feff}{header}"),
        "{}".to_owned(),
        "null".to_owned(),
        String::new(),
        deep.clone(),
    ];
    for header in &headers {
        refuse(&server, &client, &forge.rs256(header, &claims));
    }
    let bodies = [
        again(&claims, "\"scope\":\"highly_sensitive\""),
        again(&claims, "\"exp\":9999999999"),
        again(&claims, "\"iss\":\"https://attacker.example\""),
        format!("[{claims}]"),
        format!("{claims}{claims}"),
        format!("{claims}x"),
        "{}".to_owned(),
        "null".to_owned(),
        String::new(),
        deep,
    ];
    for body in &bodies {
        refuse(&server, &client, &forge.rs256(&header, body));
    }
    agent.get("/protected").expect(200);
}

#[test]
fn a_signature_holds_for_what_it_was_made_for_only() {
    let (server, client, agent) = scene();
    let other = server.token(&client).access_token;
    let (signed, _) = agent.token.access_token.rsplit_once('.').unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();
    refuse(&server, &client, &format!("{signed}.{signature}"));
    let mut claims = agent.token.claims();
    claims["scope"] = json!("highly_sensitive");
    let token = jwt(agent.token.header(), claims, |_| Vec::new());
    refuse(&server, &client, &format!("{token}{}", signature));
}

/// Both servers have the same keys, as two deployments of one operator may by mistake.
#[test]
fn the_token_of_another_issuer_is_refused_whoever_signed_it() {
    let (server, client, _) = scene();
    let (elsewhere, _, agent) = scene();
    agent.get("/protected").expect(200);
    assert_ne!(server.issuer(), elsewhere.issuer());
    refuse(&server, &client, &agent.token.access_token);
}

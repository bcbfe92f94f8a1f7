//! Malformed and hostile requests to the OAuth endpoints: refused as the RFCs say, and nothing done.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use reqwest::Method;

use super::{GRANT, assert_refused, records};
use crate::support::{Answer, Caller, RegisteredClient, Server};

const ENDPOINTS: [&str; 3] = ["/token", "/introspect", "/revoke"];
const FORM: &str = "application/x-www-form-urlencoded";

struct Scene {
    server: Server,
    client: RegisteredClient,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start();
        let client = server.create_client("reporter", &["protected"]);
        Self { server, client }
    }

    /// A body from the client, as bytes.
    fn send(&self, path: &str, kind: &[&str], body: impl Into<Vec<u8>>) -> Answer {
        let basic = self.server.anonymous().with_basic(&self.client);
        let mut request = basic.request(Method::POST, path).body(body.into());
        for kind in kind {
            request = request.header("content-type", *kind);
        }
        Answer::to(request)
    }

    #[track_caller]
    fn refuse(&self, body: impl Into<Vec<u8>>) {
        let body = body.into();
        for path in ENDPOINTS {
            assert_refused(
                &self.send(path, &[FORM], body.clone()),
                400,
                "invalid_request",
            );
        }
    }

    /// Demands that nothing was issued or revoked so far, and that a good request is answered as ever.
    #[track_caller]
    fn assert_nothing_happened(&self) {
        for event in ["token.issue", "token.revoke"] {
            assert_eq!(records(&self.server, event, "allowed").len(), 0, "{event}");
        }
        self.server
            .agent(&self.client)
            .get("/protected")
            .expect(200);
    }
}

#[test]
fn other_methods_are_told_which_one_it_is() {
    let scene = Scene::new();
    let basic = scene.server.anonymous().with_basic(&scene.client);
    for path in ENDPOINTS {
        for method in [
            "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "post",
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let request = basic
                .request(method.clone(), path)
                .header("content-type", FORM);
            let answer = Answer::to(request.body("grant_type=client_credentials&token=x"));
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("POST")),
                "{method} {answer}"
            );
        }
    }
    scene.assert_nothing_happened();
}

#[test]
fn a_body_is_a_form() {
    let scene = Scene::new();
    let good = "grant_type=client_credentials&token=x";
    let others: [&[&str]; 8] = [
        &[],
        &[""],
        &["application/json"],
        &["text/plain"],
        &["multipart/form-data; boundary=x"],
        &["application/x-www-form-urlencoded-x"],
        &["application/json, application/x-www-form-urlencoded"],
        &[FORM, FORM],
    ];
    for path in ENDPOINTS {
        for kind in others {
            assert_refused(&scene.send(path, kind, good), 400, "invalid_request");
        }
        let json = r#"{"grant_type":"client_credentials","token":"x"}"#;
        assert_refused(
            &scene.send(path, &["application/json"], json),
            400,
            "invalid_request",
        );
    }
    scene.assert_nothing_happened();
    for kind in [
        FORM,
        "application/x-www-form-urlencoded; charset=UTF-8",
        "Application/X-WWW-Form-URLencoded",
    ] {
        scene.send("/token", &[kind], good).expect(200);
    }
}

#[test]
fn parameters_stand_once() {
    let scene = Scene::new();
    let good = "grant_type=client_credentials&token=x";
    let id = &scene.client.client_id;
    for repeated in [
        "grant_type=client_credentials".to_owned(),
        "token=x".to_owned(),
        "token=y".to_owned(),
        "scope=protected&scope=protected".to_owned(),
        "scope=protected&scope=highly_sensitive".to_owned(),
        "token_type_hint=a&token_type_hint=b".to_owned(),
        "unheard_of=1&unheard_of=1".to_owned(),
        "sc%6fpe=protected&scope=protected".to_owned(),
        format!("client_id={id}&client_id={id}"),
    ] {
        scene.refuse(format!("{good}&{repeated}"));
    }
    scene.assert_nothing_happened();
}

#[test]
fn nothing_is_taken_from_the_query() {
    let scene = Scene::new();
    let RegisteredClient {
        client_id,
        client_secret,
        ..
    } = &scene.client;
    let good = "grant_type=client_credentials&token=x";
    for path in ENDPOINTS {
        for query in [
            format!("client_id={client_id}&client_secret={client_secret}"),
            "grant_type=client_credentials".to_owned(),
            "scope=protected".to_owned(),
            "x".to_owned(),
        ] {
            let path = format!("{path}?{query}");
            assert_refused(&scene.send(&path, &[FORM], good), 400, "invalid_request");
            let anonymous = scene.server.anonymous().request(Method::POST, &path);
            let answer = Answer::to(anonymous.header("content-type", FORM).body(good));
            assert_refused(&answer, 400, "invalid_request");
        }
    }
    scene.assert_nothing_happened();
    let log = scene.server.stderr() + &scene.server.stdout();
    assert!(
        !log.contains(client_secret.as_str()),
        "the log has a secret"
    );
}

#[test]
fn a_broken_body_is_not_mended() {
    let scene = Scene::new();
    let good = b"grant_type=client_credentials&token=x";
    for broken in [
        &b"%"[..],
        b"%4",
        b"%zz",
        b"%u0041",
        b"a=%",
        b"a=%f",
        b"a=%0g",
        b"a=%ff",
        b"a=%c0%80",
        b"a=%ed%a0%80",
        b"a=%00",
        b"a=\0",
        b"a=\xff",
        b"\xff\xfe",
        b"\0",
        b"%00=a",
        b"\xef\xbb\xbf\xc0",
    ] {
        scene.refuse([good, &b"&"[..], broken].concat());
    }
    for nothing in [
        &b""[..],
        b"&",
        b"=",
        b"&&&&",
        b"=client_credentials",
        b"grant_type",
        b"{}",
    ] {
        scene.refuse(nothing);
    }
    scene.assert_nothing_happened();
}

#[test]
fn scopes_have_a_size() {
    let scene = Scene::new();
    let many: Vec<_> = (0..65).map(|number| format!("scope-{number}")).collect();
    for scope in [
        many.join("+"),
        "a".repeat(129),
        "a".repeat(30_000),
        "a+".repeat(10_000),
    ] {
        let body = format!("grant_type=client_credentials&scope={scope}");
        assert_refused(&scene.send("/token", &[FORM], body), 400, "invalid_scope");
    }
    scene.assert_nothing_happened();
}

#[test]
fn bodies_and_the_number_of_parameters_have_an_end() {
    let scene = Scene::new();
    let many =
        |count: usize| -> String { (0..count).map(|number| format!("&p{number}=x")).collect() };
    scene.refuse(format!("grant_type=client_credentials{}", many(100)));
    scene.refuse(format!("grant_type=client_credentials{}", many(4_000)));
    scene.assert_nothing_happened();
    for path in ENDPOINTS {
        for body in [
            many(50_000),
            format!("scope={}", "a".repeat(1 << 20)),
            "&".repeat(1 << 20),
        ] {
            assert_refused(&scene.send(path, &[FORM], body), 400, "invalid_request");
        }
    }
    scene.server.token(&scene.client);
    assert_eq!(records(&scene.server, "token.issue", "allowed").len(), 2);
}

#[test]
fn a_refusal_repeats_nothing_that_was_sent() {
    let scene = Scene::new();
    let mark = "<script>7f3a</script>";
    let form = [
        ("grant_type", mark),
        ("scope", mark),
        ("resource", mark),
        ("token", ""),
    ];
    let basic = scene.server.anonymous().with_basic(&scene.client);
    for answer in [
        basic.post_form("/token", &form),
        basic.post_form("/token", &[GRANT, ("scope", mark)]),
        basic.post_form("/token", &[GRANT, ("resource", mark)]),
        basic.post_form("/introspect", &form),
        scene
            .server
            .anonymous()
            .post_form("/token", &[("client_id", mark), ("client_secret", mark)]),
        scene.server.anonymous().get(&format!("/{mark}")),
    ] {
        assert!(
            answer.status >= 400 && !answer.body.contains("7f3a"),
            "{answer}"
        );
    }
}

/// Whatever stands in `Authorization` and in the body, the answer is one of OAuth's.
#[test]
fn no_header_and_no_body_breaks_the_server() {
    let server = Server::with([
        ("AMBIT_FAILURES_PER_CLIENT", "1000000"),
        ("AMBIT_FAILURES_PER_ADDRESS", "1000000"),
    ])
    .start();
    let client = server.create_client("reporter", &["protected"]);
    let genuine = server.token(&client).access_token;
    let header_byte = prop_oneof![Just(b'\t'), 0x20..=0x7e_u8, 0x80..=0xff_u8];
    let authorization = prop_oneof![
        proptest::collection::vec(header_byte, 0..80),
        "(Basic|Bearer|basic) [A-Za-z0-9+/=_.-]{0,80}".prop_map(String::into_bytes),
        "[a-z]{1,5}".prop_map(|_| Vec::new()),
    ];
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "((grant_type|scope|resource|token|client_id|client_secret)=[ -~]{0,20}&){0,6}"
            .prop_map(String::into_bytes),
        "grant_type=client_credentials(&(scope|resource)=[a-z:/%+#0-9]{0,20}){0,3}"
            .prop_map(String::into_bytes),
        Just(format!("token={genuine}").into_bytes()),
    ];
    let own = proptest::bool::ANY;
    let path =
        proptest::sample::select(["/token", "/introspect", "/revoke", "/protected_post"].to_vec());
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(
        &(path, own, authorization, body),
        |(path, own, authorization, body)| {
            let mut request = if own {
                server
                    .anonymous()
                    .with_basic(&client)
                    .request(Method::POST, path)
            } else {
                let value = reqwest::header::HeaderValue::from_bytes(&authorization);
                let request = server.anonymous().request(Method::POST, path);
                request.header("authorization", value.expect("bytes of a header"))
            };
            request = request.header("content-type", FORM).body(body);
            let answer = Answer::to(request);
            prop_assert!(answer.status < 500 && answer.status != 429, "{}", answer);
            if path != "/protected_post" && answer.status != 200 {
                prop_assert!(
                    [
                        "invalid_request",
                        "invalid_client",
                        "invalid_scope",
                        "invalid_target",
                        "unsupported_grant_type"
                    ]
                    .contains(&answer.error().as_str()),
                    "{}",
                    answer
                );
            }
            Ok(())
        },
    );
    if let Err(error) = outcome {
        panic!("{error}");
    }
    server.token(&client);
}

//! Forged and confused JWTs (RFC 8725) at every door that takes a token.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        self, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair,
        RsaPublicKeyComponents,
    },
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use rsa::{
    RsaPrivateKey,
    pkcs1::EncodeRsaPublicKey,
    pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding},
};
use serde_json::{Value, json};

use super::{
    forge::{Forge, hs256, jwt},
    records,
};
use crate::support::{Agent, Caller, RegisteredClient, Server};

/// A server, an agent with a genuine token, and what it takes to make false ones.
struct Scene {
    server: Server,
    client: RegisteredClient,
    agent: Agent,
    forge: Forge,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start();
        let client = server.create_client("agent", &["protected"]);
        let agent = server.agent(&client);
        let forge = Forge::new(&server, &agent.token);
        Self {
            server,
            client,
            agent,
            forge,
        }
    }

    /// Presents a token at each door that takes one.
    fn present(&self, token: &str) -> (u16, u16, String, u16) {
        let basic = self.server.anonymous().with_basic(&self.client);
        let form = [("token", token)];
        let introspected = basic.post_form("/introspect", &form);
        (
            self.server
                .anonymous()
                .with_token(token)
                .get("/protected")
                .status,
            introspected.status,
            introspected.body,
            basic.post_form("/revoke", &form).status,
        )
    }

    /// Demands that no door takes the token for a valid one.
    #[track_caller]
    fn refuse(&self, token: &str) {
        let refused = (401, 200, "{\"active\":false}".to_owned(), 200);
        assert_eq!(self.present(token), refused, "{token}");
    }

    /// Demands that nothing happened, and that a good request is answered as ever.
    #[track_caller]
    fn assert_nothing_happened(&self) {
        let allowed = records(&self.server, "request", "allowed");
        let by_clients = allowed
            .iter()
            .filter(|one| one["actors"][0]["kind"] == "client");
        assert_eq!(by_clients.count(), 0, "{allowed:?}");
        assert_eq!(records(&self.server, "token.revoke", "allowed").len(), 0);
        self.agent.get("/protected").expect(200);
        self.server.token(&self.client);
    }
}

#[test]
fn what_the_forge_makes_by_the_rules_is_accepted() {
    let scene = Scene::new();
    let claims = scene
        .forge
        .claims_with("scope", json!("protected highly_sensitive"));
    let token = scene.forge.rs256(&scene.forge.header, claims);
    let (status, _, introspected, _) = scene.present(&token);
    assert_eq!(status, 200);
    assert!(introspected.contains("highly_sensitive"), "{introspected}");
}

#[test]
fn no_signature_is_no_signature_by_any_name() {
    let scene = Scene::new();
    let forge = &scene.forge;
    for name in ["none", "None", "NONE", "nOnE", "", "null"] {
        let header = forge.header_with("alg", json!(name));
        scene.refuse(&jwt(&header, &forge.claims, |_| Vec::new()));
        scene.refuse(&forge.rs256(&header, &forge.claims));
    }
    for alg in [
        json!(["RS256"]),
        json!(256),
        json!({}),
        json!(true),
        Value::Null,
    ] {
        scene.refuse(&forge.rs256(forge.header_with("alg", alg), &forge.claims));
    }
    scene.refuse(&jwt(&forge.header, &forge.claims, |_| Vec::new()));
    scene.refuse(&jwt(&forge.header, &forge.claims, |_| vec![0; 256]));
    scene.assert_nothing_happened();
}

#[test]
fn the_public_key_is_no_hmac_secret_in_any_form() {
    let scene = Scene::new();
    let forge = &scene.forge;
    let public = RsaPrivateKey::from_pkcs8_der(&forge.pkcs8)
        .unwrap()
        .to_public_key();
    let jwks = scene.server.anonymous().get("/jwks").expect(200);
    let jwk = &jwks.json::<Value>()["keys"][0];
    let spki = public.to_public_key_pem(LineEnding::LF).unwrap();
    let pkcs1 = public.to_pkcs1_pem(LineEnding::LF).unwrap();
    let modulus = jwk["n"].as_str().unwrap();
    let keys: [Vec<u8>; 12] = [
        spki.clone().into_bytes(),
        spki.trim_end().into(),
        spki.replace('\n', "\r\n").into_bytes(),
        public.to_public_key_der().unwrap().into_vec(),
        pkcs1.clone().into_bytes(),
        pkcs1.trim_end().into(),
        public.to_pkcs1_der().unwrap().to_vec(),
        jwk.to_string().into_bytes(),
        jwks.body.clone().into_bytes(),
        modulus.into(),
        BASE64_URL_SAFE_NO_PAD.decode(modulus).unwrap(),
        Vec::new(),
    ];
    for key in keys {
        for alg in ["HS256", "RS256"] {
            scene.refuse(&hs256(
                &key,
                forge.header_with("alg", json!(alg)),
                &forge.claims,
            ));
        }
    }
    scene.assert_nothing_happened();
}

#[test]
fn other_algorithms_are_refused_even_with_the_right_key() {
    let scene = Scene::new();
    let forge = &scene.forge;
    let kinds: [(&str, &'static dyn signature::RsaEncoding); 5] = [
        ("RS384", &signature::RSA_PKCS1_SHA384),
        ("RS512", &signature::RSA_PKCS1_SHA512),
        ("PS256", &signature::RSA_PSS_SHA256),
        ("PS384", &signature::RSA_PSS_SHA384),
        ("PS512", &signature::RSA_PSS_SHA512),
    ];
    for (alg, kind) in kinds {
        scene.refuse(&forge.sign(kind, forge.header_with("alg", json!(alg)), &forge.claims));
        scene.refuse(&forge.sign(kind, &forge.header, &forge.claims));
        scene.refuse(&forge.rs256(forge.header_with("alg", json!(alg)), &forge.claims));
    }
    for alg in ["rs256", "RS256 ", "ES256", "EdDSA", "RSA-OAEP", "dir"] {
        scene.refuse(&forge.rs256(forge.header_with("alg", json!(alg)), &forge.claims));
    }
    scene.assert_nothing_happened();
}

#[test]
fn somebody_elses_key_is_refused_however_it_is_brought_along() {
    let scene = Scene::new();
    let forge = &scene.forge;
    let attacker = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let RsaPublicKeyComponents { n, e } =
        RsaPublicKeyComponents::<Vec<u8>>::from(attacker.public_key());
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({ "kty": "RSA", "alg": "RS256", "n": encode(&n), "e": encode(&e) });
    let certificate = BASE64_STANDARD.encode(attacker.public_key().as_ref());
    let address = "http://127.0.0.1:1/jwks";
    let headers = [
        forge.header.clone(),
        forge.header_with("kid", json!("attacker")),
        forge.header_with("jwk", jwk.clone()),
        forge.header_with("jku", json!(address)),
        forge.header_with("x5u", json!(address)),
        forge.header_with("x5c", json!([certificate])),
        json!({ "alg": "RS256", "typ": "at+jwt", "jwk": jwk }),
        json!({ "alg": "RS256", "typ": "at+jwt", "jku": address }),
    ];
    for header in headers {
        scene.refuse(&jwt(&header, &forge.claims, |message| {
            let mut signature = vec![0; attacker.public_modulus_len()];
            let random = SystemRandom::new();
            attacker
                .sign(
                    &signature::RSA_PKCS1_SHA256,
                    &random,
                    message,
                    &mut signature,
                )
                .unwrap();
            signature
        }));
    }
    let attacker = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    scene.refuse(&jwt(
        forge.header_with("alg", json!("ES256")),
        &forge.claims,
        |message| {
            attacker
                .sign(&SystemRandom::new(), message)
                .unwrap()
                .as_ref()
                .to_vec()
        },
    ));
    scene.assert_nothing_happened();
}

#[test]
fn a_kid_is_a_name_and_nothing_else() {
    let scene = Scene::new();
    let forge = &scene.forge;
    let kid = forge.header["kid"].as_str().unwrap();
    let names = [
        json!("../../../../../../dev/null"),
        json!("/dev/null"),
        json!(format!("../keys/{kid}")),
        json!(format!("./{kid}")),
        json!(format!("{kid}.pem")),
        json!(format!("{kid}\0")),
        json!(format!(" {kid}")),
        json!(kid.to_ascii_uppercase()),
        json!(&kid[..kid.len() - 1]),
        json!("' OR '1'='1"),
        json!(format!("{kid}' OR '1'='1")),
        json!("x' UNION SELECT 'AA' -- "),
        json!("'; DROP TABLE signing_keys; --"),
        json!("%"),
        json!("http://127.0.0.1:1/key"),
        json!("file:///dev/null"),
        json!("$(id)"),
        json!("a".repeat(5_000)),
        json!(""),
        json!(0),
        json!([kid]),
        json!({ "kid": kid }),
        Value::Null,
    ];
    for name in names {
        let header = forge.header_with("kid", name);
        scene.refuse(&forge.rs256(&header, &forge.claims));
        // What would verify if the name led to an empty file.
        let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": header["kid"] });
        scene.refuse(&hs256(b"", header, &forge.claims));
    }
    scene.assert_nothing_happened();
}

#[test]
fn a_header_that_ambit_does_not_write_is_refused_even_when_signed() {
    let scene = Scene::new();
    let forge = &scene.forge;
    let members = [
        ("jku", json!("https://attacker.example/jwks")),
        ("x5u", json!("https://attacker.example/cert")),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("x5c", json!(["AAAA"])),
        ("jwk", json!({ "kty": "oct", "k": "" })),
        ("crit", json!(["exp"])),
        ("crit", json!(["unheard_of"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("typ", json!("JWT")),
        ("typ", json!("jwt")),
        ("typ", json!("id+jwt")),
        ("typ", json!("logout+jwt")),
        ("typ", json!("")),
        ("typ", json!(["at+jwt"])),
        ("typ", Value::Null),
    ];
    for (name, value) in members {
        scene.refuse(&forge.rs256(forge.header_with(name, value), &forge.claims));
    }
    let critical = json!({
        "alg": "RS256", "typ": "at+jwt", "kid": forge.header["kid"], "crit": ["b64"], "b64": false,
    });
    scene.refuse(&forge.rs256(critical, &forge.claims));
    scene.assert_nothing_happened();
}

#[test]
fn claims_are_held_to_what_they_say_even_when_signed() {
    let scene = Scene::new();
    let forge = &scene.forge;
    let issuer = scene.server.issuer();
    let now = forge.claims["iat"].as_i64().unwrap();
    let claims = [
        ("iss", json!("https://attacker.example")),
        ("iss", json!(format!("{issuer}/"))),
        ("iss", json!(issuer.to_ascii_uppercase())),
        ("iss", json!([issuer])),
        ("iss", json!("")),
        ("iss", Value::Null),
        ("exp", json!(now - 1)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!(i64::MIN)),
        ("exp", json!((now + 3600).to_string())),
        ("exp", json!(now + 31 * 24 * 3600)),
        ("exp", json!(253_402_300_800_i64)),
        ("exp", json!(i64::MAX / 1_000_000)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1e300)),
        ("exp", json!([now + 3600])),
        ("exp", json!(true)),
        ("exp", Value::Null),
        ("iat", json!(now + 3600)),
        ("iat", json!("now")),
        ("iat", Value::Null),
        ("nbf", json!(now + 3600)),
        ("nbf", json!(i64::MAX)),
        ("nbf", json!("later")),
        ("aud", json!(7)),
        ("aud", json!({ "aud": issuer })),
        ("aud", json!([[issuer]])),
        ("aud", Value::Null),
        ("client_id", json!("unknown")),
        ("client_id", json!("../../admin")),
        ("client_id", json!("' OR '1'='1")),
        ("client_id", json!("a".repeat(4_000))),
        ("client_id", Value::Null),
        ("sub", json!(7)),
        ("sub", Value::Null),
        ("jti", json!("1.AAAA")),
        ("jti", json!("-1.AAAA")),
        ("jti", json!("99999999999999999999.AAAA")),
        ("jti", json!("AAAA")),
        ("jti", json!("")),
        ("jti", Value::Null),
        ("scope", json!("protected  protected")),
        ("scope", json!("protected\nhighly_sensitive")),
        ("scope", json!(["protected"])),
        ("tenant_id", json!("another")),
        ("tenant_id", Value::Null),
    ];
    for (name, value) in claims {
        scene.refuse(&forge.rs256(&forge.header, forge.claims_with(name, value)));
    }
    scene.assert_nothing_happened();
}

/// These are valid tokens, of which the owner is told; they are for somebody else, though.
#[test]
fn a_token_for_another_audience_opens_nothing_here() {
    let scene = Scene::new();
    let issuer = scene.server.issuer();
    let audiences = [
        json!("https://elsewhere.example"),
        json!(format!("{issuer}/")),
        json!(format!("{issuer}/mcp")),
        json!([
            "https://elsewhere.example",
            format!("{issuer}.attacker.example")
        ]),
        json!([]),
        json!(""),
        json!("*"),
    ];
    for audience in audiences {
        let claims = scene.forge.claims_with("aud", audience);
        let token = scene.forge.rs256(&scene.forge.header, &claims);
        scene
            .server
            .anonymous()
            .with_token(&token)
            .get("/protected")
            .expect(401);
    }
    scene.assert_nothing_happened();
}

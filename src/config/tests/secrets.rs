//! Secrets are read, and never shown.

use secrecy::ExposeSecret;

use super::*;

#[test]
fn a_secret_may_come_from_a_file() {
    let secret = file("correct horse battery\r\n");
    let path = secret.path().to_str().expect("a UTF-8 path");
    let settings = environment(&[("AMBIT_ADMIN_PASSWORD_FILE", path)]).expect("valid");
    let password = settings
        .admin
        .password
        .as_ref()
        .map(ExposeSecret::expose_secret);
    assert_eq!(password, Some("correct horse battery"));
    assert_eq!(
        effective(&settings, "admin.password"),
        (
            Some("********".into()),
            "environment AMBIT_ADMIN_PASSWORD_FILE".into()
        )
    );

    let both = [
        ("AMBIT_ADMIN_PASSWORD_FILE", path),
        ("AMBIT_ADMIN_PASSWORD", "correct horse"),
    ];
    assert_eq!(
        names(environment(&both)),
        ["AMBIT_ADMIN_PASSWORD and AMBIT_ADMIN_PASSWORD_FILE"]
    );
    for missing in [
        "JWT_PRIVATE_KEY_FILE",
        "DATABASE_URL_FILE",
        "POSTGRES_PASSWORD_FILE",
    ] {
        assert_eq!(
            names(environment(&[(missing, "/nowhere/secret")])),
            [missing]
        );
    }
    // A setting that is no secret has no such variable.
    assert_eq!(
        names(environment(&[("AMBIT_LISTEN_FILE", path)])),
        ["AMBIT_LISTEN_FILE"]
    );
}

#[test]
fn secrets_show_nowhere_when_they_are_right() {
    let settings = environment(&[
        ("AMBIT_ADMIN_PASSWORD", "hunter2hunter2"),
        ("AMBIT_PRIVATE_KEY", PRIVATE_KEY),
        (
            "AMBIT_DATABASE_URL",
            "postgres://u:hunter2@h/d?password=hunter2",
        ),
    ])
    .expect("valid");
    let printed = serde_json::to_string(&settings.effective()).expect("JSON");
    for shown in [format!("{settings:#?}"), printed] {
        assert!(
            !shown.contains("hunter2") && !shown.contains("secret-key"),
            "{shown}"
        );
    }
}

#[test]
fn secrets_show_nowhere_when_they_are_wrong() {
    let file = file("[admin]\npassword = ['hunter2']\n[keys]\nprivate_key = 'hunter2'\n");
    let sources = Sources {
        file: Some(file.path().to_owned()),
        environment: variables(&[
            ("AMBIT_DATABASE_URL", "postgres://u:hunter2@@h/d"),
            ("AMBIT_ISSUER", "https://u:hunter2@h"),
            ("JWT_PUBLIC_KEY_FILE", "hunter2"),
            ("AMBIT_HUNTER", "hunter2"),
        ]),
        ..Sources::default()
    };
    let mistakes = load(&sources).expect_err("all are mistakes");
    assert_eq!(mistakes.iter().count(), 5);
    assert!(
        !format!("{mistakes} {mistakes:?}").contains("hunter2"),
        "{mistakes}"
    );
}

//! `ambit completions`.

use std::process::Command;

use crate::support::Server;

#[test]
fn each_shell_gets_a_script_that_knows_the_commands() {
    let server = Server::start();
    for shell in ["bash", "zsh", "fish"] {
        let script = server.cli_stdout(["completions", shell]);
        for word in ["rotate-secret", "doctor", "reset-password"] {
            assert!(
                script.contains(word),
                "{word} is not in the script for {shell}"
            );
        }
    }
    assert_eq!(server.cli(["completions", "cmd"]).status.code(), Some(2));
}

#[test]
fn bash_completes_with_it() {
    let server = Server::start();
    let script = server.folder().join("ambit.bash");
    std::fs::write(&script, server.cli_stdout(["completions", "bash"])).unwrap();
    let line = r#"source "$1"; COMP_WORDS=(ambit client rot); COMP_CWORD=2
        _ambit ambit rot client; echo "${COMPREPLY[@]}""#;
    let output = Command::new("bash")
        .args(["-c", line, "bash"])
        .arg(&script)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().trim(),
        "rotate-secret"
    );
}

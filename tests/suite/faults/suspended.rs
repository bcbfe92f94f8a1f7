//! A server that was suspended for longer than changes are kept for it: it cannot hear any more what
//! it missed, and so must not go by what it remembers.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{assert_audit_log_is_intact, within};
use crate::support::{Caller, RegisteredClient, Server, eventually};

/// How soon a change must hold.
const SOON: Duration = Duration::from_secs(1);

/// A server's process that does nothing until it is told to go on.
struct Suspended(Pid);

impl Suspended {
    #[track_caller]
    fn new(server: &Server) -> Self {
        let id = i32::try_from(server.process_id()).expect("a process id");
        let process = Pid::from_raw(id).expect("a process id");
        kill_process(process, Signal::STOP).expect("the server takes SIGSTOP");
        eventually("the server stands still", || {
            let state = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("its state");
            let (_, state) = state.rsplit_once(')').expect("a name in parentheses");
            state.trim_start().starts_with('T').then_some(())
        });
        Self(process)
    }

    fn go_on(self) {
        kill_process(self.0, Signal::CONT).expect("the server takes SIGCONT");
    }
}

fn token_status(server: &Server, client: &RegisteredClient) -> u16 {
    let form = [("grant_type", "client_credentials")];
    let caller = server.anonymous().with_basic(client);
    caller.post_form("/token", &form).status
}

#[test]
fn what_it_can_no_longer_hear_of_holds_all_the_same() {
    let server = Server::start();
    let [disabled, untouched] =
        ["disabled", "untouched"].map(|name| server.create_client(name, &["protected"]));
    let agents = [&disabled, &untouched].map(|client| server.agent(client));
    for agent in &agents {
        agent.get("/protected").expect(200);
    }

    let suspended = Suspended::new(&server);
    server.cli_stdout(["client", "disable", &disabled.client_id]);
    // The newest change is always kept; it is about somebody else.
    server.cli_stdout(["client", "create", "--name", "made meanwhile"]);
    let forgotten = server
        .database()
        .execute("DELETE FROM changes WHERE seq < (SELECT max(seq) FROM changes)");
    assert!(forgotten > 0);
    suspended.go_on();

    within(SOON, "the client is shut out", || {
        token_status(&server, &disabled) == 401
    });
    for _ in 0..5 {
        agents[0].get("/protected").expect(401);
        assert_eq!(token_status(&server, &disabled), 401);
    }
    agents[1].get("/protected").expect(200);
    assert_eq!(token_status(&server, &untouched), 200);
    let introspection: Value = server.introspect(&untouched, &agents[0].token);
    assert_eq!(introspection, serde_json::json!({ "active": false }));
    assert_audit_log_is_intact(&server);
}

//! `kill -9` in the middle of the load, again and again: what was answered, is.
//!
//! `AMBIT_TEST_KILLS` says how often; 50 is what the design promises.

use std::env;

use super::{
    assert_audit_log_is_intact, assert_recorded,
    load::{Answered, Load},
};
use crate::support::{Caller, RegisteredClient, Server};

/// Kills in a run that says nothing else.
const KILLS: usize = 12;

/// Answers before a kill: from the first ones after a start to a server in full swing.
const ANSWERS_BEFORE_KILL: [usize; 5] = [20, 130, 50, 250, 90];

#[test]
fn nothing_that_was_answered_is_lost() {
    let mut server = Server::start();
    let client = server.create_client("under load", &["protected"]);
    let kills = kills();
    let (mut requests, mut clients, mut revocations) = (Vec::new(), 0, 0);
    for round in 0..kills {
        let answered = load_and_kill(&mut server, &client, round);
        server.start_again();
        assert_audit_log_is_intact(&server);
        assert_recorded(&server, &answered.requests);
        assert_changes_hold(&server, &answered);
        clients += answered.clients.len();
        revocations += answered.revoked.len();
        requests.extend(answered.requests);
    }
    assert_recorded(&server, &requests);
    println!(
        "{kills} kills: {} answered requests, {clients} registrations and {revocations} \
         revocations among them; none is lost",
        requests.len()
    );
}

fn kills() -> usize {
    match env::var("AMBIT_TEST_KILLS") {
        Ok(count) => count.parse().expect("AMBIT_TEST_KILLS is a number"),
        Err(_) => KILLS,
    }
}

fn load_and_kill(server: &mut Server, client: &RegisteredClient, round: usize) -> Answered {
    let address = server.address().to_owned();
    let admin = server.admin();
    let load = Load {
        address: &address,
        admin: &admin,
        client,
    };
    load.run(|watch| {
        watch.wait_for_answers(ANSWERS_BEFORE_KILL[round % ANSWERS_BEFORE_KILL.len()]);
        server.kill();
    })
}

/// Demands that answered registrations and revocations stand.
fn assert_changes_hold(server: &Server, answered: &Answered) {
    for client in &answered.clients {
        server.token(client);
    }
    for token in &answered.revoked {
        let caller = server.anonymous().with_token(&token.access_token);
        caller.get("/protected").expect(401);
    }
}

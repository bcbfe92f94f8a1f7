//! Ambit on one database, and what one round measures of it.

use std::net::SocketAddr;

use super::actions::{Actions, Cost};
use super::ambit::Ambit;
use super::bare::Bare;
use super::process::Process;
use super::request::{self, Credentials};
use super::settings::Settings;
use super::statistics::Sample;
use super::{load, memory};

/// Clients of a server. In each round all of them authenticate once with a secret that the process
/// has not seen, and then share the load.
const CLIENTS: usize = 48;

/// Connections while secrets are cold. Argon2 is the limit, and a few keep its threads busy.
const COLD_CONNECTIONS: usize = 16;

/// Ambit on one database, and all that was measured of it.
pub struct Subject {
    /// What the database is called.
    pub database: &'static str,
    /// Milliseconds until the first start was ready, which makes tables and keys.
    pub first_start: f64,
    /// Milliseconds until each later start was ready.
    pub starts: Vec<f64>,
    /// `/token` with secrets that the process had not seen, one a client.
    pub cold_token: Vec<Sample>,
    /// `/token` with secrets that it remembers.
    pub warm_token: Vec<Sample>,
    /// `/introspect`, each client asking about its own token.
    pub introspection: Vec<Sample>,
    /// `/protected`.
    pub protected: Vec<Sample>,
    /// Mebibytes resident at the end of a round.
    pub resident: Vec<f64>,
    /// The most mebibytes resident while secrets were warm.
    pub warm_peak: Vec<f64>,
    /// The most mebibytes resident until all secrets were warm.
    pub cold_peak: Vec<f64>,
    /// Actions on the warehouse.
    pub actions: Actions,
    ambit: Ambit,
    clients: Vec<(Credentials, String)>,
}

impl Subject {
    /// Starts a server for the first time, gives it clients and loads its warehouse. `urls` are the
    /// addresses of its database and its warehouse, unless these are embedded.
    pub fn new(database: &'static str, urls: Option<[String; 2]>) -> anyhow::Result<Self> {
        let [database_url, warehouse_url] = urls.map_or([None, None], |urls| urls.map(Some));
        let ambit = Ambit::start(database_url, warehouse_url)?;
        let first_start = time_until_ready(ambit.process()?)?;
        let with_token = |client| ambit.token(&client).map(|token| (client, token));
        let clients = ambit.register(CLIENTS)?.into_iter().map(with_token);
        Ok(Self {
            database,
            first_start,
            starts: Vec::new(),
            cold_token: Vec::new(),
            warm_token: Vec::new(),
            introspection: Vec::new(),
            protected: Vec::new(),
            resident: Vec::new(),
            warm_peak: Vec::new(),
            cold_peak: Vec::new(),
            clients: clients.collect::<anyhow::Result<_>>()?,
            actions: Actions::new(&ambit)?,
            ambit,
        })
    }

    /// A bare handler that returns what this server answers to a request.
    pub fn bare(&self, request: fn(SocketAddr, &str) -> Vec<u8>) -> anyhow::Result<Bare> {
        let process = self.ambit.process()?;
        Bare::start(process, &request(process.address(), self.token()))
    }

    /// Starts a new process, and measures the start and its first tokens.
    pub fn measure_cold(&mut self) -> anyhow::Result<()> {
        self.ambit.restart()?;
        let process = self.ambit.process()?;
        self.starts.push(time_until_ready(process)?);
        let requests = self.token_requests()?;
        let cold = load::each_once(process.address(), &requests, COLD_CONNECTIONS)?;
        self.cold_token.push(cold);
        self.cold_peak.push(memory::peak(process.id())?);
        memory::forget_peak(process.id())
    }

    /// Measures `/token` with warm secrets.
    pub fn measure_token(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let requests = self.token_requests()?;
        self.warm_token.push(self.load(&requests, settings)?);
        Ok(())
    }

    /// Measures `/introspect`.
    pub fn measure_introspection(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let address = self.ambit.process()?.address();
        let ask = |(client, token): &(Credentials, String)| {
            request::introspection(address, client, token)
        };
        let requests: Vec<_> = self.clients.iter().map(ask).collect();
        self.introspection.push(self.load(&requests, settings)?);
        Ok(())
    }

    /// Measures `/protected`.
    pub fn measure_protected(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let requests = self.requests(request::protected)?;
        self.protected.push(self.load(&requests, settings)?);
        Ok(())
    }

    /// Measures an action that reads, by REST.
    pub fn measure_rest(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let requests = self.requests(request::list_releases)?;
        let before = self.ambit.spent()?;
        self.actions.rest.push(self.load(&requests, settings)?);
        let cost = Cost::between(&before, &self.ambit.spent()?);
        self.actions.cost_under_load.push(cost);
        Ok(())
    }

    /// Measures the same by MCP.
    pub fn measure_mcp(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let requests = self.requests(request::list_releases_by_mcp)?;
        self.actions.mcp.push(self.load(&requests, settings)?);
        Ok(())
    }

    /// Measures what a call takes when there is no other.
    pub fn measure_alone(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let token = self.token().to_owned();
        self.actions.measure_alone(&self.ambit, &token, settings)
    }

    /// Notes what the server occupies now, and has occupied since its secrets are warm.
    pub fn measure_memory(&mut self) -> anyhow::Result<()> {
        let id = self.ambit.process()?.id();
        self.resident.push(memory::resident(id)?);
        self.warm_peak.push(memory::peak(id)?);
        Ok(())
    }

    fn token_requests(&self) -> anyhow::Result<Vec<Vec<u8>>> {
        let address = self.ambit.process()?.address();
        Ok(self
            .clients
            .iter()
            .map(|(client, _)| request::token(address, client))
            .collect())
    }

    /// A request of each client.
    fn requests(&self, request: fn(SocketAddr, &str) -> Vec<u8>) -> anyhow::Result<Vec<Vec<u8>>> {
        let address = self.ambit.process()?.address();
        let tokens = self.clients.iter().map(|(_, token)| token);
        Ok(tokens.map(|token| request(address, token)).collect())
    }

    /// A token of one of the clients.
    fn token(&self) -> &str {
        self.clients.first().map_or("", |(_, token)| token)
    }

    fn load(&self, requests: &[Vec<u8>], settings: &Settings) -> anyhow::Result<Sample> {
        let address = self.ambit.process()?.address();
        load::for_a_while(address, requests, settings.connections, settings.window)
    }
}

/// Milliseconds from spawning the process to its first answer that it is ready.
fn time_until_ready(process: &Process) -> anyhow::Result<f64> {
    let address = process.address();
    load::each_once(address, &[request::readiness(address)], 1)?;
    Ok(process.spawned().elapsed().as_secs_f64() * 1e3)
}

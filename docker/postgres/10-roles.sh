#!/usr/bin/env bash
# Run once, by the first start of PostgreSQL: a role for the server with a database of its own, and
# the warehouse, which one role fills and another can only read.
set -euo pipefail

secrets=${SECRETS:-/run/secrets}

# psql takes the passwords from its environment: arguments can be seen by every process.
DATABASE_PASSWORD=$(cat "$secrets/database_password")
LOADER_PASSWORD=$(cat "$secrets/warehouse_loader_password")
READER_PASSWORD=$(cat "$secrets/warehouse_reader_password")
export DATABASE_PASSWORD LOADER_PASSWORD READER_PASSWORD

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
    --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv database_password DATABASE_PASSWORD
\getenv loader_password LOADER_PASSWORD
\getenv reader_password READER_PASSWORD

CREATE ROLE ambit_server LOGIN PASSWORD :'database_password';
CREATE ROLE warehouse_loader LOGIN PASSWORD :'loader_password';
CREATE ROLE warehouse_reader LOGIN PASSWORD :'reader_password';
ALTER ROLE warehouse_reader SET default_transaction_read_only = on;

CREATE DATABASE ambit OWNER ambit_server;
CREATE DATABASE warehouse OWNER warehouse_loader;
REVOKE ALL ON DATABASE ambit, warehouse FROM PUBLIC;
GRANT CONNECT ON DATABASE warehouse TO warehouse_reader;

\connect warehouse
GRANT USAGE ON SCHEMA public TO warehouse_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE warehouse_loader IN SCHEMA public
    GRANT SELECT ON TABLES TO warehouse_reader;
SQL

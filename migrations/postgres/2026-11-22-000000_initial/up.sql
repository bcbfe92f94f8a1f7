CREATE TABLE tenants (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    created_at BIGINT NOT NULL
);

INSERT INTO tenants (tenant_id, created_at) VALUES ('default', 0);

CREATE TABLE clients (
    client_id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    client_name TEXT NOT NULL,
    description TEXT NOT NULL,
    scope TEXT NOT NULL,
    allowed_resources TEXT NOT NULL,
    serves_resources TEXT NOT NULL,
    grant_types TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    token_endpoint_auth_method TEXT NOT NULL,
    contacts TEXT NOT NULL,
    software_id TEXT,
    access_token_lifetime INTEGER,
    enabled BOOLEAN NOT NULL,
    client_id_issued_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    tokens_valid_from BIGINT NOT NULL,
    token_generation BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX clients_by_name ON clients (tenant_id, client_name, client_id);
CREATE INDEX clients_by_age ON clients (tenant_id, client_id_issued_at, client_id);

CREATE TABLE client_secrets (
    secret_id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    client_id TEXT NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
    secret_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT
);

CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

CREATE TABLE scopes (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    sensitivity TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE administrators (
    username TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE revoked_tokens (
    token_id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    client_id TEXT NOT NULL,
    revoked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);

CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    verifies_until BIGINT NOT NULL
);

CREATE TABLE audit_records (
    seq BIGINT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    client_id TEXT,
    event TEXT NOT NULL,
    decision TEXT NOT NULL,
    record TEXT NOT NULL,
    hash TEXT NOT NULL
);

CREATE TABLE audit_head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);

INSERT INTO audit_head (id, seq, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE changes (
    seq BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL
);

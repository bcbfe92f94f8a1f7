-- Authenticator apps, one for an administrator. The secret is sealed under a key that is not in here.
CREATE TABLE totp_factors (
    username TEXT NOT NULL PRIMARY KEY REFERENCES administrators (username) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    sealed_secret TEXT NOT NULL,
    last_step INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

-- Public keys of passkeys.
CREATE TABLE passkeys (
    credential_id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    username TEXT NOT NULL REFERENCES administrators (username) ON DELETE CASCADE,
    name TEXT NOT NULL,
    credential TEXT NOT NULL,
    counter INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

CREATE INDEX passkeys_by_username ON passkeys (username, created_at);

-- Hashes of recovery codes that were not used yet.
CREATE TABLE recovery_codes (
    username TEXT NOT NULL REFERENCES administrators (username) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (username, code_hash)
) STRICT;

-- What a session has begun with a second factor and not finished.
CREATE TABLE factor_ceremonies (
    session_hash TEXT NOT NULL REFERENCES sessions (session_hash) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    state TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (session_hash, purpose)
) STRICT;

-- Whoever was an administrator before there were roles could do everything.
ALTER TABLE administrators ADD COLUMN role TEXT NOT NULL DEFAULT 'owner';

CREATE TABLE sessions (
    session_hash TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    username TEXT NOT NULL REFERENCES administrators (username) ON DELETE CASCADE,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    remote_address TEXT,
    user_agent TEXT NOT NULL,
    flash TEXT,
    sealed TEXT
) STRICT;

CREATE INDEX sessions_by_username ON sessions (username, created_at);
CREATE INDEX sessions_by_end ON sessions (ends_at);

CREATE TABLE recorded_releases (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    version TEXT NOT NULL,
    released_at BIGINT NOT NULL,
    previous_version TEXT,
    kind TEXT NOT NULL,
    commit_id TEXT,
    changes TEXT NOT NULL,
    change_count BIGINT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, version)
);

CREATE INDEX recorded_releases_by_age ON recorded_releases (tenant_id, released_at, version);

CREATE TABLE release_gates (
    gate_id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    lift_reason TEXT,
    lifted_by TEXT,
    lifted_at BIGINT
);

CREATE INDEX release_gates_by_age ON release_gates (tenant_id, set_at, gate_id);
CREATE INDEX release_gates_by_version ON release_gates (tenant_id, version, set_at, gate_id);
CREATE UNIQUE INDEX release_gates_open ON release_gates (tenant_id, version, name)
WHERE lifted_at IS NULL;

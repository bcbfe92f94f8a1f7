-- A change is shipped by one release.
CREATE TABLE recorded_changes (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    change_id TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (tenant_id, change_id)
) STRICT;

INSERT OR IGNORE INTO recorded_changes (tenant_id, change_id, version)
SELECT tenant_id, json_extract(change.value, '$.change_id'), version
FROM recorded_releases, json_each(recorded_releases.changes) AS change
ORDER BY recorded_at, version;

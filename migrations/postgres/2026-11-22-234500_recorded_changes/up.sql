-- A change is shipped by one release.
CREATE TABLE recorded_changes (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id),
    change_id TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (tenant_id, change_id)
);

INSERT INTO recorded_changes (tenant_id, change_id, version)
SELECT tenant_id, change ->> 'change_id', version
FROM recorded_releases, jsonb_array_elements(recorded_releases.changes::jsonb) AS change
ORDER BY recorded_at, version
ON CONFLICT DO NOTHING;

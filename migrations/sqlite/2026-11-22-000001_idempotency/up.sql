-- Answers of writing actions, kept under the key that the caller gave, to be given again.
CREATE TABLE idempotent_answers (
    tenant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    action TEXT NOT NULL,
    key TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, client_id, action, key)
) STRICT;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);

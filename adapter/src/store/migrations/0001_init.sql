-- The first tables. BIGINT and BLOB are replaced by each database's own words (see mod.rs).
-- Times are microseconds since 1970 in UTC, ids are texts, every row belongs to a tenant where one is named.

CREATE TABLE tenant_key (
    tenant TEXT NOT NULL PRIMARY KEY,
    wrapped BLOB NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE counter (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE entity (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    master TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, kind, code)
);

CREATE TABLE entity_revision (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    master TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, kind, code, revision)
);

CREATE TABLE change_feed (
    tenant TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    revision BIGINT NOT NULL,
    deleted BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, sequence)
);

CREATE TABLE intake_batch (
    tenant TEXT NOT NULL,
    batch TEXT NOT NULL,
    digest BLOB NOT NULL,
    verdicts BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, batch)
);

CREATE TABLE twin (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    guid TEXT,
    source_id TEXT NOT NULL,
    status TEXT NOT NULL,
    pushed_digest BLOB,
    pushed_body BLOB,
    languages TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, code)
);
CREATE INDEX twin_guid ON twin (tenant, guid);

CREATE TABLE mirror (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    wish BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    state TEXT NOT NULL,
    last_error TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, code)
);
CREATE INDEX mirror_due ON mirror (state, due_at);

CREATE TABLE letter_order (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    client TEXT NOT NULL,
    order_id TEXT NOT NULL,
    content_digest BLOB NOT NULL,
    body BLOB NOT NULL,
    blob_name TEXT,
    accepted_at BIGINT NOT NULL,
    UNIQUE (tenant, client, order_id)
);

CREATE TABLE send (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    order_id TEXT NOT NULL,
    recipient_number BIGINT NOT NULL,
    external_id TEXT NOT NULL,
    state TEXT NOT NULL,
    message_id BIGINT,
    channel TEXT,
    reason TEXT,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    commitment_key BLOB,
    changed_at BIGINT NOT NULL,
    UNIQUE (order_id, recipient_number),
    UNIQUE (tenant, external_id)
);
CREATE INDEX send_due ON send (state, due_at);
CREATE INDEX send_message ON send (tenant, message_id);

CREATE TABLE viestit_attachment (
    tenant TEXT NOT NULL,
    order_id TEXT NOT NULL,
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL,
    blob_name TEXT,
    uploaded_id TEXT,
    uploaded_at BIGINT,
    PRIMARY KEY (tenant, order_id, name)
);

CREATE TABLE viestit_feed (
    account TEXT NOT NULL PRIMARY KEY,
    continuation_token TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE viestit_event (
    account TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    type TEXT NOT NULL,
    event_time BIGINT NOT NULL,
    metadata BLOB NOT NULL,
    handled BIGINT NOT NULL,
    PRIMARY KEY (account, sequence)
);
CREATE INDEX viestit_event_open ON viestit_event (account, handled, sequence);

CREATE TABLE blob (
    name TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    uses BIGINT NOT NULL
);

CREATE TABLE evidence (
    writer TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    record BLOB NOT NULL,
    chain BLOB NOT NULL,
    leaf BLOB NOT NULL,
    at BIGINT NOT NULL,
    exchange_id TEXT,
    request_id TEXT,
    PRIMARY KEY (writer, sequence)
);
CREATE INDEX evidence_exchange ON evidence (tenant, exchange_id);

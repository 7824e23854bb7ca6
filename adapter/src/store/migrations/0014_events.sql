-- Whose an event of an account's feed is; nobody's while it is unmatched.
ALTER TABLE viestit_event ADD COLUMN tenant TEXT;
ALTER TABLE viestit_event ADD COLUMN send_id TEXT;
ALTER TABLE viestit_event ADD COLUMN service_id TEXT;
CREATE INDEX viestit_event_send ON viestit_event (tenant, send_id, sequence);

-- Who reads an account's feed just now, and since when it has been tried.
CREATE TABLE viestit_poller (
    account TEXT NOT NULL PRIMARY KEY,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    since BIGINT NOT NULL
);

-- What senders are told: each state that a letter has reached.
CREATE TABLE message_event (
    tenant TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    client TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    letter_order TEXT NOT NULL,
    order_id TEXT NOT NULL,
    send_id TEXT NOT NULL,
    recipient_number BIGINT NOT NULL,
    state TEXT NOT NULL,
    channel TEXT,
    reason TEXT,
    PRIMARY KEY (tenant, sequence)
);
CREATE INDEX message_event_client ON message_event (tenant, client, sequence);

-- Until when a verifiable letter must be confirmed.
ALTER TABLE send ADD COLUMN confirm_by BIGINT;
CREATE INDEX send_confirm ON send (tenant, state, confirm_by);

-- What end users write. The row stays after its content is erased.
CREATE TABLE reply (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    service_id TEXT,
    state TEXT NOT NULL,
    client TEXT,
    letter_order TEXT,
    send_id TEXT,
    complete BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    created_at BIGINT,
    received_at BIGINT,
    acknowledged_at BIGINT,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    reason TEXT,
    body BLOB NOT NULL,
    blob_name TEXT,
    UNIQUE (tenant, message_id)
);
CREATE INDEX reply_client ON reply (tenant, client, sequence);
CREATE INDEX reply_due ON reply (tenant, state, due_at);

CREATE TABLE reply_attachment (
    tenant TEXT NOT NULL,
    reply_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    complete BIGINT NOT NULL,
    body BLOB NOT NULL,
    blob_name TEXT,
    PRIMARY KEY (tenant, reply_id, number)
);

-- How far each client's webhook has been told.
CREATE TABLE webhook (
    tenant TEXT NOT NULL,
    client TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    failing_since BIGINT,
    given_up BIGINT NOT NULL,
    PRIMARY KEY (tenant, client)
);

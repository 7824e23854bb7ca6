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

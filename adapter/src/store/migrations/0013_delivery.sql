-- Letters to one recipient go out in the order of their acceptance: a keyed digest tells the same recipient again.
ALTER TABLE send ADD COLUMN recipient_key BLOB;

-- What is to be sent, as it is claimed.
DROP INDEX send_due;
CREATE INDEX send_open ON send (tenant, due_at, id) WHERE state IN ('waiting', 'unknown');
CREATE INDEX send_recipient ON send (tenant, recipient_key, id) WHERE state IN ('waiting', 'unknown');

-- Files that were uploaded for one Send, until it is settled.
CREATE TABLE send_upload (
    tenant TEXT NOT NULL,
    send_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    uploaded_id TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, send_id, number)
);

-- The passwords of system accounts, sealed: the one in use, and the one of a change that is under way.
CREATE TABLE viestit_password (
    account TEXT NOT NULL PRIMARY KEY,
    given BLOB NOT NULL,
    password BLOB,
    pending BLOB,
    changed_at BIGINT NOT NULL
);

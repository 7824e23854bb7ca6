-- What a letter's file is called, what type it is and what it holds is told by the sealed letter alone: a name or a plain
-- digest may tell what a letter is about.
ALTER TABLE viestit_attachment RENAME TO viestit_attachment_named;
CREATE TABLE viestit_attachment (
    tenant TEXT NOT NULL,
    order_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    size BIGINT NOT NULL,
    body BLOB NOT NULL,
    blob_name TEXT,
    uploaded_id TEXT,
    uploaded_at BIGINT,
    PRIMARY KEY (tenant, order_id, number)
);
INSERT INTO viestit_attachment (tenant, order_id, number, size, body, blob_name, uploaded_id, uploaded_at)
SELECT tenant, order_id, number, size, body, blob_name, uploaded_id, uploaded_at FROM viestit_attachment_named;
DROP TABLE viestit_attachment_named;

-- What groups orders, and who pays for their paper letters.
ALTER TABLE letter_order ADD COLUMN bulletin_id TEXT;
ALTER TABLE letter_order ADD COLUMN cost_pool TEXT;
CREATE INDEX letter_order_bulletin ON letter_order (tenant, client, bulletin_id);
CREATE INDEX send_channel ON send (tenant, channel);

-- Files that were sent before the orders that name them.
CREATE TABLE upload (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    client TEXT NOT NULL,
    size BIGINT NOT NULL,
    body BLOB NOT NULL,
    blob_name TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX upload_client ON upload (tenant, client, expires_at);
CREATE INDEX upload_expires ON upload (expires_at);

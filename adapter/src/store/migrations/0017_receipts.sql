-- What a record of a letter is about, so that a receipt finds it; the record itself says the same.
ALTER TABLE evidence ADD COLUMN subject TEXT;
CREATE INDEX evidence_subject ON evidence (tenant, subject) WHERE subject IS NOT NULL;
-- An exchange may have ten thousand letters; it is looked for without them.
DROP INDEX evidence_exchange;
CREATE INDEX evidence_exchange ON evidence (tenant, exchange_id) WHERE subject IS NULL;

-- The keys that sign receipts, sealed with the tenant's own key, from 1; the last one signs.
CREATE TABLE receipt_key (
    tenant TEXT NOT NULL,
    number BIGINT NOT NULL,
    id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, number)
);

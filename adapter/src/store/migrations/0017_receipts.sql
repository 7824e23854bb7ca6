-- What a record of a letter is about, so that a receipt finds it; the record itself says the same.
ALTER TABLE evidence ADD COLUMN subject TEXT;
CREATE INDEX evidence_subject ON evidence (tenant, subject) WHERE subject IS NOT NULL;

-- The keys that sign receipts, sealed with the tenant's own key. The newest signs; `id` is the thumbprint of the public part.
CREATE TABLE receipt_key (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

-- When the content of an order was erased, and when the keys of its commitments were; 0 for not yet.
ALTER TABLE letter_order ADD COLUMN erased_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE letter_order ADD COLUMN forgotten_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX letter_order_erasure ON letter_order (tenant, forgotten_at, erased_at, accepted_at);

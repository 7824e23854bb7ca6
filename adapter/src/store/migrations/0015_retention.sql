-- When an order's content and recipients were erased; null while they are kept.
ALTER TABLE letter_order ADD COLUMN purged_at BIGINT;

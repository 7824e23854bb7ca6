-- What a person has asked to be sent to PTV: 0 nothing, 1 this, 2 this though it takes something away there.
ALTER TABLE mirror ADD COLUMN asked BIGINT NOT NULL DEFAULT 0;
-- Of what was asked by a saved plan: the digest of the body that the plan foresaw.
ALTER TABLE mirror ADD COLUMN asked_digest BLOB;

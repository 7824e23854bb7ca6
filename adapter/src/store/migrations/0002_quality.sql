-- The quality score of a tenant's catalogue, one row a day; the last of a day stays.

CREATE TABLE quality_score (
    tenant TEXT NOT NULL,
    day TEXT NOT NULL,
    at BIGINT NOT NULL,
    tenths BIGINT NOT NULL,
    services BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    warnings BIGINT NOT NULL,
    PRIMARY KEY (tenant, day)
);

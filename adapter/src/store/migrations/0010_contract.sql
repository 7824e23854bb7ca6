-- When PTV's contract is compared next for a tenant, and what the last look found, as JSON; empty before the first.
CREATE TABLE ptv_contract (
    tenant TEXT NOT NULL,
    next_at BIGINT NOT NULL,
    found TEXT NOT NULL,
    PRIMARY KEY (tenant)
);

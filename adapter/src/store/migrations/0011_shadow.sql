-- Which version of PTV's interface a tenant is written through, and what the last comparison of both came to.
CREATE TABLE ptv_writer (
    tenant TEXT NOT NULL,
    writer TEXT NOT NULL,
    since BIGINT NOT NULL,
    first_v12_at BIGINT NOT NULL,
    compared_at BIGINT NOT NULL,
    clean BIGINT NOT NULL,
    PRIMARY KEY (tenant)
);
-- How a twin stands in version 12, as far as it was looked at.
CREATE TABLE ptv_shadow (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    shared TEXT NOT NULL,
    beyond TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, code)
);

-- Vocabularies of subject terms: what was read last, in parts, and how the reading went.
CREATE TABLE vocabulary (
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    stamp TEXT,
    source TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    failure TEXT,
    concepts BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE vocabulary_part (
    id TEXT NOT NULL,
    part BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (id, part)
);

-- Class maps that a tenant has published, each revision as it was, and what other tenants took of them.
CREATE TABLE class_map (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    at BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, name, revision)
);
CREATE TABLE class_map_adopted (
    tenant TEXT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    at BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, owner, name)
);

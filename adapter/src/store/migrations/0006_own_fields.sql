-- What the operator says of a record, whoever its master is.
CREATE TABLE own_fields (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    owner_actor TEXT,
    owner_name TEXT,
    owner_email TEXT,
    deputy_actor TEXT,
    deputy_name TEXT,
    deputy_email TEXT,
    held BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, code)
);

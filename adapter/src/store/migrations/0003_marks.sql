-- What own systems asked to be sent to PTV, by tracking id.
CREATE TABLE intake_mark (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    master TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

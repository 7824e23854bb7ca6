-- How far a site that is pulled from was read, and how its last reading went. One process at a time has the lease.
CREATE TABLE pull (
    tenant TEXT NOT NULL,
    source TEXT NOT NULL,
    owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    cursor_at BIGINT,
    mapping BLOB NOT NULL,
    tried_at BIGINT,
    done_at BIGINT,
    full_at BIGINT,
    failures BIGINT NOT NULL,
    error TEXT,
    held BIGINT NOT NULL,
    refused BLOB NOT NULL,
    report BLOB NOT NULL,
    PRIMARY KEY (tenant, source)
);

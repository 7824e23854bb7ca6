-- What PTV was last seen to hold differently, and what was decided of it.
CREATE TABLE drift (
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    guid TEXT,
    class TEXT NOT NULL,
    details TEXT NOT NULL,
    held TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, code)
);
-- When a tenant's PTV is looked at, and whether anything is sent to it.
CREATE TABLE ptv_watch (
    tenant TEXT NOT NULL,
    paused BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    feed_at BIGINT NOT NULL,
    full_at BIGINT NOT NULL,
    PRIMARY KEY (tenant)
);

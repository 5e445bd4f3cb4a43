-- What several nodes on one database must agree on. Times are epoch milliseconds.

-- What all nodes have taken of a rate limit.
CREATE TABLE limits (
  -- Of the limit's name and of whom it counts, as a digest.
  key TEXT PRIMARY KEY,
  used BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);

-- Which node does for all of them what one has to do.
CREATE TABLE duties (
  duty TEXT PRIMARY KEY,
  node TEXT NOT NULL,
  claimed_at BIGINT NOT NULL,
  until BIGINT NOT NULL
);

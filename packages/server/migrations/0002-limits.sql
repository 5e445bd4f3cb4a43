-- What nodes that share a database have taken of a rate limit. Times are epoch milliseconds.
CREATE TABLE limits (
  -- Of the limit's name and of whom it counts, as a digest.
  key TEXT PRIMARY KEY,
  used BIGINT NOT NULL,
  ends_at BIGINT NOT NULL
);

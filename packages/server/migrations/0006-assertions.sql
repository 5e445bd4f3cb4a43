-- Request tokens that have been used, until nobody could use them anyway. Times are epoch milliseconds.
CREATE TABLE assertions (
  issuer TEXT NOT NULL,
  jti_sha256 TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, jti_sha256)
);
CREATE INDEX assertions_by_end ON assertions (expires_at);

-- How often use tokens have been used: those of clients with max_uses only.
CREATE TABLE uses (
  jti TEXT PRIMARY KEY,
  count BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX uses_by_end ON uses (expires_at);

-- Who logs in, and what came of it. Times are epoch milliseconds.

CREATE TABLE users (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  -- As it is compared: one account for each spelling.
  username_canonical TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  email_canonical TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  -- 1, or 0 for a user who was disabled.
  active INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_login_at BIGINT
);
CREATE INDEX users_by_active ON users (active, id);

-- From a login until its end.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  -- Of the refresh token that was given out last, and when it was made.
  generation BIGINT NOT NULL,
  rotated_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  -- When the last of its access tokens has expired.
  tokens_until BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Tokens that are refused before they expire.
CREATE TABLE revocations (
  -- Rises with every change, in the order of the commits as far as readers can tell.
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  not_before BIGINT,
  revoked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  UNIQUE (kind, value)
);
CREATE INDEX revocations_by_position ON revocations (position);
CREATE INDEX revocations_by_end ON revocations (expires_at);

-- At each commit the other nodes are told.
-- postgresql: CREATE FUNCTION tell_of_revocations() RETURNS trigger LANGUAGE plpgsql AS $$
-- postgresql:   BEGIN PERFORM pg_notify('jotter_revocations', ''); RETURN NULL; END $$;
-- postgresql: CREATE TRIGGER told AFTER INSERT OR UPDATE ON revocations
-- postgresql:   FOR EACH STATEMENT EXECUTE FUNCTION tell_of_revocations();

-- The position before which nothing will appear any more.
CREATE VIEW revocation_horizon AS
  SELECT coalesce(max(seq), 0) + 1 AS horizon FROM sqlite_sequence WHERE name = 'revocations';

-- Attempts with wrong passwords, by account or by address. Keys are digests.
CREATE TABLE attempts (
  key TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  -- When the next attempt is let through.
  open_at BIGINT NOT NULL,
  forgotten_at BIGINT NOT NULL
);
CREATE INDEX attempts_by_end ON attempts (forgotten_at);

-- From where an account has been entered before.
CREATE TABLE familiar_addresses (
  key TEXT PRIMARY KEY,
  until BIGINT NOT NULL
);
CREATE INDEX familiar_addresses_by_end ON familiar_addresses (until);

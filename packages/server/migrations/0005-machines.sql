-- Clients of the machine flow: who logs in with a signed token, and what it is given for it.
CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  customer_id TEXT NOT NULL,
  -- Changed together with client_keys: of two requests, one cannot take away the last key of all.
  key_count BIGINT NOT NULL,
  not_before_seconds BIGINT NOT NULL,
  lifetime_seconds BIGINT NOT NULL,
  max_uses BIGINT,
  audience TEXT,
  -- 1 or 0; none: as the profile of the service says.
  strict BIGINT,
  disabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX clients_by_time ON clients (customer_id, created_at, id);

-- Their public keys, in the order in which they were registered.
CREATE TABLE client_keys (
  seq INTEGER PRIMARY KEY,
  client_id TEXT NOT NULL,
  kid TEXT NOT NULL,
  thumbprint TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (client_id, kid),
  UNIQUE (client_id, thumbprint),
  FOREIGN KEY (client_id) REFERENCES clients ON DELETE CASCADE
);

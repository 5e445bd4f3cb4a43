-- A customer is who a transaction token is issued for: `iss` of the token.
CREATE TABLE customers (
  id TEXT PRIMARY KEY,
  created_at BIGINT NOT NULL
);

-- One row per transaction, holding its latest token. Times are epoch milliseconds.
CREATE TABLE transactions (
  customer_id TEXT NOT NULL,
  xid TEXT NOT NULL,
  phone_number TEXT NOT NULL,
  status TEXT NOT NULL,
  token TEXT,
  token_sha256 TEXT,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  reference_id TEXT,
  opened_at BIGINT NOT NULL,
  opened_by TEXT NOT NULL,
  -- The index by phone number is cut into segments by issued_at, so that an insert touches one
  -- small subtree and not a random page of all history.
  segment BIGINT NOT NULL,
  PRIMARY KEY (customer_id, xid)
);
CREATE INDEX transactions_by_time ON transactions (customer_id, status, issued_at);
CREATE INDEX transactions_by_phone ON transactions (segment, phone_number, issued_at);

-- Every change after the first issue, which the transaction's own row tells.
CREATE TABLE transaction_history (
  id INTEGER PRIMARY KEY,
  customer_id TEXT NOT NULL,
  xid TEXT NOT NULL,
  status TEXT NOT NULL,
  at BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  detail TEXT,
  FOREIGN KEY (customer_id, xid) REFERENCES transactions ON DELETE CASCADE
);
CREATE INDEX transaction_history_by_xid ON transaction_history (customer_id, xid);

-- What an Idempotency-Key stands for, remembered for a day.
CREATE TABLE retries (
  caller TEXT NOT NULL,
  key TEXT NOT NULL,
  body_sha256 TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  xid TEXT NOT NULL,
  phone_number TEXT NOT NULL,
  issued_at BIGINT NOT NULL,
  PRIMARY KEY (caller, key)
);
CREATE INDEX retries_by_time ON retries (issued_at);

-- API keys, without their secrets.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  secret_sha256 TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
);

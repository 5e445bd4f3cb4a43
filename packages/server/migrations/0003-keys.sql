-- The key pairs that user tokens are signed with. Times are epoch milliseconds.
CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  alg TEXT NOT NULL,
  state TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  -- The private key, encrypted under the master key; none once it is retired.
  sealed TEXT,
  created_at BIGINT NOT NULL,
  state_at BIGINT NOT NULL,
  -- From when on it may take its next state; none where that is not a matter of time.
  due_at BIGINT,
  -- The longest life of a token that it signs.
  life_seconds BIGINT NOT NULL
);
-- Of each algorithm one key signs, and one waits to.
CREATE UNIQUE INDEX signing_keys_one_each ON signing_keys (alg, state)
  WHERE state IN ('active', 'next');

-- What shows that a node has the master key of the first node. One row.
CREATE TABLE master_proof (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  proof TEXT NOT NULL
);

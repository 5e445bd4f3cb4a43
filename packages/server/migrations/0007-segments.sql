-- The segments of the index by phone number, so that a look-up need not search for them: each is here
-- before its first row, until retention has dropped its last one. Named by when it begins: epoch
-- milliseconds, and 0 for the first.
CREATE TABLE segments (
  begins_at BIGINT PRIMARY KEY
);
INSERT INTO segments (begins_at) SELECT 0 UNION SELECT DISTINCT segment FROM transactions;

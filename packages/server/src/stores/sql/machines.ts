import type { AssertionStore, UseStore } from '../../flows/machine/store.ts'
import type { SqlDriver } from './driver.ts'

// One statement each, so that the database and not we decide who was first.
const CONSUME = `INSERT INTO assertions (issuer, jti_sha256, expires_at) VALUES (?1, ?2, ?3)
  ON CONFLICT DO NOTHING`
const USE = `INSERT INTO uses AS kept (jti, count, expires_at) VALUES (?1, 1, ?3)
  ON CONFLICT (jti) DO UPDATE SET count = kept.count + 1 WHERE kept.count < ?2`

const PURGE_ASSERTIONS = `DELETE FROM assertions WHERE (issuer, jti_sha256) IN
  (SELECT issuer, jti_sha256 FROM assertions WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)`
const PURGE_USES = `DELETE FROM uses WHERE jti IN
  (SELECT jti FROM uses WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)`

export function sqlAssertions(db: SqlDriver): AssertionStore {
  return {
    consume: async (issuer, jtiSha256, expiresAt) =>
      (await db.write([CONSUME, issuer, jtiSha256, expiresAt])) > 0,
    purge: (before, limit) => db.write([PURGE_ASSERTIONS, before, limit]),
  }
}

export function sqlUses(db: SqlDriver): UseStore {
  return {
    use: async (jti, maxUses, expiresAt) => (await db.write([USE, jti, maxUses, expiresAt])) > 0,
    purge: (before, limit) => db.write([PURGE_USES, before, limit]),
  }
}

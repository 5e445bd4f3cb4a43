import {
  type KeyState,
  type KeyStep,
  type KeyStore,
  RETIRING_MARGIN_MS,
  type StoredKey,
} from '../../keys/store.ts'
import type { SqlDriver, SqlRow, SqlStep } from './driver.ts'

// Whatever stands in the way: the kid, or the one key of this algorithm and state.
const INSERT = `INSERT INTO signing_keys
    (kid, alg, state, public_jwk, sealed, created_at, state_at, due_at, life_seconds)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING`
const LIST = 'SELECT * FROM signing_keys ORDER BY created_at, kid'
const STRETCH_WAIT = `UPDATE signing_keys SET due_at = created_at + ?2
  WHERE alg = ?1 AND state = 'next' AND due_at < created_at + ?2`
const STRETCH_LIFE = `UPDATE signing_keys SET life_seconds = ?2
  WHERE alg = ?1 AND state IN ('active', 'next') AND life_seconds < ?2`
const PURGE = `DELETE FROM signing_keys WHERE state = 'retired' AND state_at < ?1`
const KEEP_PROOF =
  'INSERT INTO master_proof (id, proof) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING'
const GET_PROOF = 'SELECT proof FROM master_proof WHERE id = 1'

/** What becomes of a key besides its state, by that state. */
const BECOMES: Readonly<Record<KeyStep['to'], string>> = {
  active: 'due_at = NULL',
  retiring: `due_at = ?2 + life_seconds * 1000 + ${RETIRING_MARGIN_MS}`,
  retired: 'due_at = NULL, sealed = NULL',
}

/** Refused by the index it would fail, and with it the writes that share its commit. */
const ALONE = " AND alg NOT IN (SELECT alg FROM signing_keys WHERE state = 'active')"

// One statement for each key, so that the database and not we decide who was first.
const stepOf = (to: KeyStep['to'], whenDue: boolean): string =>
  `UPDATE signing_keys SET state = '${to}', state_at = ?2, ${BECOMES[to]}
  WHERE kid = ?1 AND state = ?3${whenDue ? ' AND due_at <= ?2' : ''}${to === 'active' ? ALONE : ''}`

export function sqlKeys(db: SqlDriver): KeyStore {
  return {
    async insert({ kid, alg, state, publicJwk, sealed, ...rest }) {
      const { createdAt, stateAt, dueAt, lifeSeconds } = rest
      const row = [kid, alg, state, publicJwk, sealed ?? null] as const
      const dates = [createdAt, stateAt, dueAt ?? null, lifeSeconds] as const
      return (await db.write([INSERT, ...row, ...dates])) > 0
    },
    list: async () => (await db.rows(LIST, [])).map(toKey),
    async advance(...steps) {
      const writes = steps.map(
        ({ kid, from, to, at, whenDue = false }): SqlStep => [stepOf(to, whenDue), kid, at, from],
      )
      return (await db.write(...writes)) > 0
    },
    async stretch(alg, { lifeSeconds, waitMs }) {
      // Two writes: either may have nothing to change.
      await Promise.all([
        db.write([STRETCH_LIFE, alg, lifeSeconds]),
        db.write([STRETCH_WAIT, alg, waitMs]),
      ])
    },
    purge: (before) => db.write([PURGE, before]),
    async keepMasterProof(proof) {
      await db.write([KEEP_PROOF, 1, proof])
      const [row] = await db.rows(GET_PROOF, [])
      return row?.proof as string
    },
  }
}

const toKey = (row: SqlRow): StoredKey => ({
  kid: row.kid as string,
  alg: row.alg as string,
  state: row.state as KeyState,
  publicJwk: row.public_jwk as string,
  sealed: row.sealed === null ? undefined : (row.sealed as string),
  createdAt: Number(row.created_at),
  stateAt: Number(row.state_at),
  dueAt: row.due_at === null ? undefined : Number(row.due_at),
  lifeSeconds: Number(row.life_seconds),
})

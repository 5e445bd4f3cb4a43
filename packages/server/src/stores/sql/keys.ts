import type { KeyState, KeyStore, StoredKey } from '../../keys/store.ts'
import type { SqlDriver, SqlRow } from './driver.ts'

// Whatever stands in the way: the kid, or the one key of this algorithm and state.
const INSERT = `INSERT INTO signing_keys (kid, alg, state, public_jwk, sealed, created_at, state_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING`
const LIST = 'SELECT * FROM signing_keys ORDER BY created_at, kid'
const KEEP_PROOF =
  'INSERT INTO master_proof (id, proof) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING'
const GET_PROOF = 'SELECT proof FROM master_proof WHERE id = 1'

export function sqlKeys(db: SqlDriver): KeyStore {
  return {
    async insert({ kid, alg, state, publicJwk, sealed, createdAt, stateAt }) {
      const row = [kid, alg, state, publicJwk, sealed ?? null, createdAt, stateAt] as const
      return (await db.write([INSERT, ...row])) > 0
    },
    list: async () => (await db.rows(LIST, [])).map(toKey),
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
})

/**
 * Keys as the database keeps them: sealed under the master key, and opened only if they are what the
 * row says and do what a key does. Knows neither states nor dates.
 */
import {
  importKey,
  type JwkInput,
  type Key,
  privateJwk,
  publicJwk,
  signJws,
  verifyJws,
} from '@jotter/token'
import type { MasterKey } from './master-key.ts'
import { SealError, seal, unseal } from './sealed.ts'
import type { StoredKey } from './store.ts'

/** Both halves: `signing` has the private one, `verifying` only the public one. */
export interface OpenKey {
  readonly signing: Key
  readonly verifying: Key
}

/** The parts of a new key that the database keeps, whatever its state. */
export function sealKey(key: Key, { sealing }: MasterKey) {
  const { alg, kid } = key as Key & { kid: string }
  return {
    kid,
    alg,
    publicJwk: JSON.stringify(publicJwk(key)),
    sealed: seal(JSON.stringify(privateJwk(key)), sealing, { kid, alg }),
  }
}

/**
 * Both halves from what is sealed: whoever writes into the database could put a public key of his own
 * beside it. A row whose public half is another one is refused all the same.
 *
 * @throws {SealError} For a row that was changed, or whose private key is gone.
 */
export function openKey(stored: StoredKey, { sealing }: MasterKey): OpenKey {
  const { kid, alg, sealed } = stored
  if (sealed === undefined) throw new SealError(`the private key ${kid} is not in the database`)
  const signing = importKey(JSON.parse(unseal(sealed, sealing, { kid, alg })))
  const half = publicJwk(signing)
  if (JSON.stringify(half) !== stored.publicJwk) {
    throw new SealError(`the public key ${kid} in the database was changed`)
  }
  return { signing, verifying: importKey(half as JwkInput) }
}

/**
 * A key proves itself before it signs for others: what it signs, its public half takes.
 *
 * @throws {SealError} For one that does not.
 */
export async function demandProof({ signing, verifying }: OpenKey): Promise<void> {
  const token = await signJws(`proof of ${signing.kid}`, signing)
  await verifyJws(token, verifying).catch(() => {
    throw new SealError(`the key ${signing.kid} does not verify what it signs`)
  })
}

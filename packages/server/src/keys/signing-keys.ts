/**
 * The keys of user tokens in the memory of this process: the secret of the settings, and the key pairs
 * of the database as they were read last. Changes nothing in the database but what keys promise.
 */
import { importKey, type Key, KeyRing } from '@jotter/token'
import type { Logger } from 'pino'
import { StoreUnavailable } from '../errors.ts'
import { replicaOf } from '../replica.ts'
import { madeAtFirst } from './first-key.ts'
import type { MasterKey } from './master-key.ts'
import { SealError } from './sealed.ts'
import { type OpenKey, openKey } from './sealed-keys.ts'
import type { KeyStore, StoredKey } from './store.ts'
import { fixedKeys, type TokenKeys } from './token-keys.ts'
import { isOfSecret, type KeyUse, READ_WITHIN_MS } from './uses.ts'

/** Without the database nothing is signed after this: how long a key stays is counted from there. */
const SIGN_WITHIN_MS = 60_000
/** Older than this without a failure, keys are of a process that stood still: it reads first. */
const STOOD_STILL_MS = 3_000
/** Between two readings for the sake of unknown kids. */
const ASK_AGAIN_MS = 1_000

export interface SigningKeyDeps {
  store: KeyStore
  master: MasterKey
  /** Signs what an HS algorithm signs. */
  secret: string | undefined
  uses: readonly KeyUse[]
  /** Makes the first key of an algorithm, unless there is one. */
  make: (alg: string) => Promise<unknown>
  /** How long a key is published before it signs. */
  publicationMs: number
  /** For how long keys verify after the database has confirmed them. */
  maxAgeSeconds: number
  log: Logger
  /** Milliseconds of a clock that is never set back, and goes on while the process is stopped. */
  monotonic: () => number
}

export interface SigningKeys {
  /** Of tokens that are signed with `alg`. */
  of(alg: string): TokenKeys
  /** Public halves that others may verify with, or will have to; read again if that is long ago. */
  published(): Promise<{ readonly keys: readonly Key[]; readonly current: boolean }>
  /** Reads what is in force from now on. @throws {StoreUnavailable} */
  read(): Promise<readonly StoredKey[]>
  /** Kids of rows that were changed by others: their keys are not used. */
  readonly damaged: readonly string[]
  /**
   * Rejects while there is an algorithm that cannot be signed with, though it should by now.
   *
   * @throws {SealError | StoreUnavailable}
   */
  ready(): Promise<void>
}

/** Knows no key before it has read. */
export function signingKeys(deps: SigningKeyDeps): SigningKeys {
  const { store, master, secret, uses, publicationMs, log, monotonic } = deps
  let known = ''
  let opened = new Map<string, OpenKey & { readonly row: StoredKey }>()
  let rings = new Map<string, KeyRing>()
  let verifying: readonly Key[] = []
  let missing = uses.filter(({ lazy }) => !lazy)
  let damaged: string[] = []
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<boolean> | undefined

  const replica = replicaOf<readonly StoredKey[]>({
    name: 'signing keys',
    fetch: async () => stretched(await store.list()),
    take,
    log,
    monotonic,
  })
  const { read, readIfOlder } = replica

  /** Another node, or a command, may have made a key that promises less than is done with it here. */
  async function stretched(rows: StoredKey[]): Promise<StoredKey[]> {
    const short = uses.filter(({ alg, lifeSeconds }) =>
      rows.some((key) => {
        if (key.alg !== alg || (key.state !== 'next' && key.state !== 'active')) return false
        const waits = (key.dueAt ?? Number.POSITIVE_INFINITY) - key.createdAt
        return key.lifeSeconds < lifeSeconds || waits < publicationMs
      }),
    )
    if (short.length === 0) return rows
    for (const { alg, lifeSeconds } of short) {
      await store.stretch(alg, { lifeSeconds, waitMs: publicationMs })
    }
    return store.list()
  }

  function take(rows: readonly StoredKey[]): void {
    const text = JSON.stringify(rows)
    if (text === known) return
    const live = rows.filter(({ state }) => state !== 'retired')
    const before = damaged
    damaged = []
    opened = new Map(live.flatMap((row) => opening(row)))
    for (const kid of damaged) {
      if (!before.includes(kid)) log.error({ kid }, 'a signing key in the database was changed')
    }
    verifying = [...opened.values()].map((key) => key.verifying)
    const activeOf = (alg: string) => live.find((one) => one.alg === alg && one.state === 'active')
    rings = new Map(
      uses.flatMap(({ alg }) => {
        const active = opened.get(activeOf(alg)?.kid ?? '')
        if (active === undefined) return []
        const others = verifying.filter((key) => key !== active.verifying)
        return [[alg, new KeyRing(active.signing, others)] as const]
      }),
    )
    missing = uses.filter(
      ({ alg, lazy }) => !rings.has(alg) && !(lazy && activeOf(alg) === undefined),
    )
    known = text
  }

  /** Beside a secret no key pair verifies user tokens: only those of use tokens are for others. */
  function published(): readonly Key[] {
    const all = uses.some(({ lazy }) => !lazy)
    return all ? verifying : verifying.filter((key) => uses.some(({ alg }) => alg === key.alg))
  }

  function opening(row: StoredKey) {
    const before = opened.get(row.kid)
    const { sealed, publicJwk } = row
    if (before && before.row.sealed === sealed && before.row.publicJwk === publicJwk) {
      return [[row.kid, before]] as const
    }
    try {
      return [[row.kid, { ...openKey(row, master), row }]] as const
    } catch (error) {
      if (!(error instanceof SealError)) throw error
      damaged.push(row.kid)
      return []
    }
  }

  const WITHIN_MS = { sign: SIGN_WITHIN_MS, verify: deps.maxAgeSeconds * 1000 }

  const ofPairs = (alg: string): TokenKeys => ({
    ring() {
      const ring = rings.get(alg)
      if (ring === undefined) throw new StoreUnavailable(`there is no ${alg} key to sign with`)
      return ring
    },
    verifying: () => rings.get(alg)?.keys ?? verifying,
    async confirmed(use) {
      await readIfOlder(STOOD_STILL_MS)
      if (replica.ageMs > WITHIN_MS[use])
        throw new StoreUnavailable('the signing keys are not confirmed')
    },
    async askAgain() {
      if (asking !== undefined) return asking
      if (monotonic() - askedAt < ASK_AGAIN_MS || replica.failing) return false
      askedAt = monotonic()
      asking = read()
        .then(
          () => true,
          () => false,
        )
        .finally(() => {
          asking = undefined
        })
      return asking
    },
  })

  // Its length was judged where settings are read: short secrets are refused in production only.
  const ofSecret = (alg: string) =>
    fixedKeys(new KeyRing(importKey({ secret: secret as string, alg }, { allowShortSecret: true })))

  return {
    of(alg) {
      if (isOfSecret(alg)) return ofSecret(alg)
      const keys = ofPairs(alg)
      if (!uses.some((use) => use.alg === alg && use.lazy)) return keys
      return madeAtFirst(
        keys,
        () => rings.has(alg),
        () => deps.make(alg).then(read),
      )
    },
    async published() {
      await readIfOlder(READ_WITHIN_MS)
      return { keys: published(), current: replica.ageMs <= READ_WITHIN_MS }
    },
    read,
    get damaged() {
      return damaged
    },
    async ready() {
      const [use] = missing
      if (use === undefined) return
      if (damaged.length === 0) throw new StoreUnavailable(`no ${use.alg} key signs`)
      throw new SealError(`the ${use.alg} key that signs was changed in the database`)
    },
  }
}

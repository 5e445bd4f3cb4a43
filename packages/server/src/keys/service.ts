/**
 * The rules by which keys take each other's place, for whoever asks: the schedule, a route, the command
 * line. Knows neither HTTP nor SQL, and keeps nothing in memory.
 */
import { generateKey, importKey, type Key, privateJwk, thumbprint } from '@jotter/token'
import { ServiceError } from '../errors.ts'
import type { MasterKey } from './master-key.ts'
import { SealError } from './sealed.ts'
import { demandProof, openKey, sealKey } from './sealed-keys.ts'
import { emergencyOf, stepsOf, TRANSITIONS, type TransitionName } from './states.ts'
import { type KeyState, type KeyStore, RETIRING_MARGIN_MS, type StoredKey } from './store.ts'
import type { KeyUse } from './uses.ts'

export interface KeyServiceDeps {
  store: KeyStore
  master: MasterKey
  /** What is signed with key pairs here. */
  uses: readonly KeyUse[]
  /** How long a key is published before it signs. */
  publicationMs: number
  /** Epoch milliseconds. */
  now: () => number
  /** Told after each change, and waited for: what is in memory here counts at once. */
  changed?: () => Promise<void>
}

/** What a rotation does, and when. Times are epoch milliseconds. */
export interface RotationPlan {
  readonly alg: string
  /** Undefined for a key that is yet to be made. */
  readonly kid: string | undefined
  /** From when on it signs. */
  readonly promoteAt: number
  /** Who has signed until then. */
  readonly replaces: string | undefined
  /** From when on nothing of that one is accepted. */
  readonly retireAt: number | undefined
  readonly emergency: boolean
}

export interface RotationRequest {
  /** All that have a key unless given. */
  alg?: string | undefined
  emergency?: boolean | undefined
  /** Only says what would be done. */
  dryRun?: boolean | undefined
}

export type KeyService = ReturnType<typeof keyService>

/** A change that loses against another looks again, so often. */
const ATTEMPTS = 5

export function keyService(deps: KeyServiceDeps) {
  const { store, master, uses, publicationMs, now, changed = async () => {} } = deps

  const inUse = (alg: string) => uses.some((use) => use.alg === alg)
  const lifeOf = (alg: string) => uses.find((use) => use.alg === alg)?.lifeSeconds ?? 0

  async function find(kid: string): Promise<StoredKey> {
    const key = (await store.list()).find((one) => one.kid === kid)
    if (key === undefined) throw new ServiceError('key_not_found')
    return key
  }

  const inState = async (alg: string, state: KeyState) =>
    (await store.list()).find((one) => one.alg === alg && one.state === state)

  /** Those in use, without one whose first key is yet to be made. */
  async function algsWithKey(): Promise<string[]> {
    const rows = await store.list()
    const hasKey = (alg: string) =>
      rows.some((key) => key.alg === alg && (key.state === 'active' || key.state === 'next'))
    return uses.filter(({ alg, lazy }) => !lazy || hasKey(alg)).map(({ alg }) => alg)
  }

  /** False when it is taken: then that one is in the store. */
  async function keep(key: Key, state: 'next' | 'active'): Promise<boolean> {
    const at = now()
    return store.insert({
      ...sealKey(key, master),
      state,
      createdAt: at,
      stateAt: at,
      dueAt: state === 'next' ? at + publicationMs : undefined,
      lifeSeconds: lifeOf(key.alg),
    })
  }

  /** The key of this algorithm in this state, made unless there is one. Of several nodes one makes it. */
  async function have(alg: string, state: 'next' | 'active'): Promise<StoredKey> {
    for (let i = 0; i < ATTEMPTS; i += 1) {
      const known = await inState(alg, state)
      if (known !== undefined) return known
      await keep(await generateKey(alg), state)
    }
    throw changedMeanwhile()
  }

  /** Undefined for a key that is what it should be. */
  async function damageOf(key: StoredKey): Promise<SealError | undefined> {
    try {
      await demandProof(openKey(key, master))
      return undefined
    } catch (error) {
      if (error instanceof SealError) return error
      throw error
    }
  }

  /**
   * False when the store says that one of them is not, or not any more, as the change demands.
   *
   * @param before Who has signed until then, where `key` begins to.
   */
  async function take(name: TransitionName, key: StoredKey, before?: StoredKey): Promise<boolean> {
    const { proof } = TRANSITIONS[name]
    const damage = proof ? await damageOf(key) : undefined
    if (damage !== undefined) {
      throw new ServiceError('key_damaged', { detail: damage.message, cause: damage })
    }
    const done = await store.advance(...stepsOf(name, key, now(), before))
    if (done) await changed()
    return done
  }

  /** Whatever happens to it meanwhile, in the end it is retired, and another signs. */
  async function end(kid: string): Promise<StoredKey> {
    for (let i = 0; i < ATTEMPTS; i += 1) {
      const key = await find(kid)
      const name = emergencyOf(key, inUse(key.alg))
      if (name === undefined) return key
      if (name !== 'succeed') await take(name, key)
      else {
        const next = await have(key.alg, 'next')
        // One that cannot sign must not hold up an emergency.
        if ((await damageOf(next)) === undefined) await take('succeed', next, key)
        else await take('discard', next)
      }
    }
    throw changedMeanwhile()
  }

  async function planOf(alg: string, emergency: boolean): Promise<RotationPlan> {
    const active = await inState(alg, 'active')
    const next = await inState(alg, 'next')
    const at = now()
    const promoteAt = emergency ? at : Math.max(at, next?.dueAt ?? at + publicationMs)
    const lifeMs = (active?.lifeSeconds ?? 0) * 1000
    const retireAt = emergency ? at : promoteAt + lifeMs + RETIRING_MARGIN_MS
    return {
      alg,
      kid: next?.kid,
      promoteAt,
      replaces: active?.kid,
      retireAt: active && retireAt,
      emergency,
    }
  }

  async function rotateOne(alg: string, { emergency = false, dryRun = false }: RotationRequest) {
    if (dryRun) return planOf(alg, emergency)
    if (!emergency) {
      await have(alg, 'next')
      await changed()
      return planOf(alg, false)
    }
    const { kid: replaces } = await have(alg, 'active')
    const { stateAt } = await end(replaces)
    const { kid } = await have(alg, 'active')
    return { alg, kid, promoteAt: stateAt, replaces, retireAt: stateAt, emergency }
  }

  return {
    have,
    take,
    /** Oldest first. */
    list: store.list,

    /**
     * Makes the key that signs next, or names the one that waits; it signs when its date has come.
     * In an emergency another key signs at once, and what the one before has signed is refused.
     *
     * @throws {ServiceError} `invalid_request` for an algorithm that signs nothing here, `key_damaged`.
     */
    async rotate(request: RotationRequest = {}): Promise<RotationPlan[]> {
      const { alg } = request
      if (alg !== undefined && !inUse(alg)) throw notInUse(`${alg} signs with no key pair here`)
      const algs = alg === undefined ? await algsWithKey() : [alg]
      if (algs.length === 0) throw notInUse('no key pair signs here yet')
      const plans: RotationPlan[] = []
      for (const one of algs) plans.push(await rotateOne(one, request))
      return plans
    },

    /** @throws {ServiceError} `key_not_found`, `key_not_ready`, `key_damaged`. */
    async promote(kid: string): Promise<StoredKey> {
      const key = await find(kid)
      if (key.state !== 'next') throw notReady(`it is ${key.state}, not next`)
      if ((key.dueAt as number) > now()) {
        throw notReady(`others may not know it before ${timeOf(key.dueAt as number)}`)
      }
      const before = await inState(key.alg, 'active')
      if (!(await take('promote', key, before))) throw changedMeanwhile()
      return find(kid)
    },

    /**
     * Ends a key: at once in an emergency, else only one that no token needs.
     *
     * @param unused That nothing signs with its algorithm any more, on no node: for a key that is active.
     * @throws {ServiceError} `key_not_found`, `key_in_use`, `key_damaged`.
     */
    async retire(kid: string, { emergency = false, unused = false } = {}): Promise<StoredKey> {
      if (emergency) return end(kid)
      const key = await find(kid)
      const { state, alg } = key
      if (state === 'active' && inUse(alg)) throw stillInUse('it signs: rotate first')
      if (state === 'active' && !unused) throw stillInUse(`it signs where ${alg} is in use`)
      if (state === 'retiring' && (key.dueAt as number) > now()) {
        throw stillInUse(`its last token expires at ${timeOf(key.dueAt as number)}`)
      }
      const names = { next: 'discard', active: 'withdraw', retiring: 'retire' } as const
      if (state !== 'retired' && !(await take(names[state], key))) throw changedMeanwhile()
      return find(kid)
    },

    /**
     * Takes in a key pair as the one that signs next. Its kid is its thumbprint.
     *
     * @throws {ServiceError} `key_conflict` when it is known, or another one of its algorithm waits.
     */
    async add(pair: Key): Promise<StoredKey> {
      const kid = thumbprint(pair)
      const key = importKey({ ...privateJwk(pair), kid })
      if (!(await keep(key, 'next'))) {
        throw new ServiceError('key_conflict', {
          detail: `it is known already, or another ${key.alg} key waits to sign`,
        })
      }
      await changed()
      return find(kid)
    },

    /** Both halves. @throws {ServiceError} `key_not_found`, also once it is retired. */
    async reveal(kid: string): Promise<Key> {
      const key = await find(kid)
      if (key.sealed === undefined) throw new ServiceError('key_not_found', { detail: GONE })
      return openKey(key, master).signing
    },
  }
}

const GONE = 'its private half was destroyed when it was retired'

const timeOf = (at: number): string => new Date(at).toISOString()

const stillInUse = (detail: string) => new ServiceError('key_in_use', { detail })
const notReady = (detail: string) => new ServiceError('key_not_ready', { detail })
const changedMeanwhile = () =>
  new ServiceError('key_conflict', { detail: 'it was changed meanwhile: look again' })
const notInUse = (detail: string) =>
  new ServiceError('invalid_request', { fields: [{ pointer: '/alg', detail }] })

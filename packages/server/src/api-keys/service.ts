import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { type Page, pageOf } from '../paging.ts'
import type { ApiKey, ApiKeyQuery, ApiKeyStore, Scope } from './store.ts'

/** A key that was deleted elsewhere is refused here after this many milliseconds. */
const REMEMBERED_MS = 500
const REMEMBERED_KEYS = 10_000

const KEY = /^jot_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})$/

export interface ApiKeyDeps {
  apiKeys: ApiKeyStore
  /** The customer of this service, to whom a key belongs that names no other. */
  customerId: string
  /** The setting ADMIN_KEY: one more key with scope `admin`, kept nowhere. */
  adminKey: string | undefined
  /** Epoch milliseconds. */
  now: () => number
}

/** Who calls: what its key may do, for which customer. */
export interface Caller {
  readonly id: string
  readonly customerId: string
  readonly scopes: readonly Scope[]
}

export interface NewApiKey {
  name: string
  scopes: readonly Scope[]
  customerId?: string | undefined
  expiresAt?: number | undefined
}

export type ApiKeyService = ReturnType<typeof apiKeyService>

export function apiKeyService({ apiKeys, customerId, adminKey, now }: ApiKeyDeps) {
  const admin = adminKey === undefined ? undefined : sha256(adminKey)
  const remembered = new Map<string, { key: ApiKey; until: number; accepted: boolean }>()

  async function find(id: string): Promise<ApiKey | undefined> {
    const known = remembered.get(id)
    if (known !== undefined && now() < known.until && known.until <= now() + REMEMBERED_MS) {
      return known.key
    }
    const key = await apiKeys.get(id)
    if (remembered.size >= REMEMBERED_KEYS) remembered.clear()
    // Unknown ids are not remembered: a caller could fill the table with them.
    if (key === undefined) remembered.delete(id)
    else {
      const accepted = known?.accepted ?? false
      remembered.set(id, { key, until: now() + REMEMBERED_MS, accepted })
    }
    return key
  }

  const isAdmin = (digest: Buffer) => admin !== undefined && timingSafeEqual(digest, admin)

  return {
    /** Whether `secret` names a key that was accepted here before. Does not look into the store. */
    isFamiliar(secret: string): boolean {
      const id = KEY.exec(secret)?.[1] ?? ''
      return remembered.get(id)?.accepted === true || isAdmin(sha256(secret))
    },

    /** Who presents `secret`; undefined alike for unknown, deleted, expired and wrong. */
    async authenticate(secret: string): Promise<Caller | undefined> {
      const digest = sha256(secret)
      if (isAdmin(digest)) return { id: 'admin', customerId, scopes: ['admin'] }
      const id = KEY.exec(secret)?.[1]
      const key = id === undefined ? undefined : await find(id)
      if (
        key === undefined ||
        !timingSafeEqual(digest, Buffer.from(key.secretSha256, 'hex')) ||
        (key.expiresAt !== undefined && key.expiresAt <= now())
      ) {
        return undefined
      }
      const entry = remembered.get(key.id)
      if (entry !== undefined) entry.accepted = true
      return key
    },

    /**
     * Makes a key. The secret in the answer is shown this once.
     *
     * @throws {ServiceError} `customer_not_found`, `invalid_request` for an expiry in the past.
     */
    async create(wanted: NewApiKey): Promise<ApiKey & { secret: string }> {
      const owner = wanted.customerId ?? customerId
      if (owner !== customerId && !(await apiKeys.hasCustomer(owner))) {
        throw new ServiceError('customer_not_found')
      }
      if (wanted.expiresAt !== undefined && wanted.expiresAt <= now()) {
        throw new ServiceError('invalid_request', {
          fields: [{ pointer: '/expires_at', detail: 'lies in the past' }],
        })
      }
      const id = randomId()
      const secret = `jot_${id}_${randomBytes(32).toString('base64url')}`
      const key: ApiKey = {
        id,
        secretSha256: sha256(secret).toString('hex'),
        name: wanted.name,
        scopes: [...new Set(wanted.scopes)],
        customerId: owner,
        createdAt: now(),
        expiresAt: wanted.expiresAt,
      }
      if (!(await apiKeys.insert(key))) throw new Error('two API keys drew the same random id')
      return { ...key, secret }
    },

    /** One page, oldest first, and its last key when there are more after it. */
    async list({ after, limit }: ApiKeyQuery): Promise<Page<ApiKey>> {
      return pageOf(await apiKeys.list({ after, limit: limit + 1 }), limit)
    },

    /** @throws {ServiceError} `api_key_not_found`. */
    async remove(id: string): Promise<void> {
      const removed = await apiKeys.remove(id)
      // After, not before: a request on its way would remember it again.
      remembered.delete(id)
      if (!removed) throw new ServiceError('api_key_not_found')
    },
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** 12 characters of 0-9 a-f: an id, not a secret. */
const randomId = (): string => randomBytes(6).toString('hex')

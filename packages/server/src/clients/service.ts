import type { Key } from '@jotter/token'
import { ServiceError } from '../errors.ts'
import { type Page, pageOf } from '../paging.ts'
import { type GivenKeys, readGivenKeys, toClientKey } from './keys.ts'
import { isClientId } from './names.ts'
import type {
  Client,
  ClientChange,
  ClientKey,
  ClientPolicy,
  ClientQuery,
  ClientStore,
  WholeClient,
} from './store.ts'

/** What the use token of a client is that asks for nothing else: from 10 s to 30 s after the login. */
export const DEFAULT_POLICY: ClientPolicy = {
  notBeforeSeconds: 10,
  lifetimeSeconds: 30,
  maxUses: undefined,
  audience: undefined,
  strict: undefined,
  disabled: false,
}

/** The least and the most of each number. A key outlives its last token, so none lives for long. */
export const BOUNDS = {
  notBeforeSeconds: [0, 86_399],
  lifetimeSeconds: [1, 86_400],
  maxUses: [1, 1_000_000],
} as const

export interface ClientDeps {
  clients: ClientStore
  /** Epoch milliseconds. */
  now: () => number
}

export interface NewClient extends ClientChange {
  readonly id: string
  readonly customerId: string
  readonly keys: GivenKeys
}

export type ClientService = ReturnType<typeof clientService>

/** Every change, look-up and list has the customer as a condition: others see `client_not_found`. */
export function clientService({ clients, now }: ClientDeps) {
  async function get(customerId: string, id: string): Promise<WholeClient> {
    const client = await clients.get(customerId, id)
    if (client === undefined) throw new ServiceError('client_not_found')
    return client
  }

  return {
    get,

    /**
     * @throws {ServiceError} `client_id_invalid`, `client_exists`, `private_key_refused`,
     *   `public_key_invalid`, `invalid_request` for a token that would end before it begins.
     */
    async create({ id, customerId, keys, ...wanted }: NewClient): Promise<WholeClient> {
      if (!isClientId(id)) throw new ServiceError('client_id_invalid')
      const at = now()
      const client: WholeClient = {
        id,
        customerId,
        ...DEFAULT_POLICY,
        ...wanted,
        createdAt: at,
        updatedAt: at,
        keys: readGivenKeys(keys).map((key) => toClientKey(key, at)),
      }
      demandOrder(client)
      if (!(await clients.insert(client))) throw new ServiceError('client_exists')
      return client
    },

    /** One page, oldest first, and its last client when there are more after it. */
    async list({ limit, ...query }: ClientQuery): Promise<Page<Client>> {
      return pageOf(await clients.list({ ...query, limit: limit + 1 }), limit)
    },

    /** @throws {ServiceError} `client_not_found`, `invalid_request` as for `create`. */
    async update(customerId: string, id: string, change: ClientChange): Promise<WholeClient> {
      const changed = await clients.update(customerId, id, change, now())
      const client = await get(customerId, id)
      if (!changed) throw outOfOrder()
      return client
    },

    /** @throws {ServiceError} `client_not_found`. */
    async remove(customerId: string, id: string): Promise<void> {
      if (!(await clients.remove(customerId, id))) throw new ServiceError('client_not_found')
    },

    /**
     * @throws {ServiceError} `client_not_found`, `client_key_exists`, `too_many_client_keys`,
     *   `private_key_refused`, `public_key_invalid`.
     */
    async addKey(customerId: string, id: string, given: GivenKeys): Promise<ClientKey> {
      const key = toClientKey(readGivenKeys(given)[0] as Key, now())
      if (await clients.addKey(customerId, id, key)) return key
      const { keys } = await get(customerId, id)
      const isThere = keys.some(
        ({ kid, thumbprint }) => kid === key.kid || thumbprint === key.thumbprint,
      )
      throw new ServiceError(isThere ? 'client_key_exists' : 'too_many_client_keys')
    },

    /** @throws {ServiceError} `client_not_found`, `client_key_not_found`, `last_client_key`. */
    async removeKey(customerId: string, id: string, kid: string): Promise<void> {
      if (await clients.removeKey(customerId, id, kid, now())) return
      const { keys } = await get(customerId, id)
      const isThere = keys.some((key) => key.kid === kid)
      throw new ServiceError(isThere ? 'last_client_key' : 'client_key_not_found')
    },

    /**
     * What anybody may ask of a client: the key registered last, or the one that `kid` names.
     *
     * @throws {ServiceError} `client_id_invalid`, `client_not_found`, `client_key_not_found`.
     */
    async publicKey(id: string, kid: string | undefined): Promise<ClientKey> {
      if (!isClientId(id)) throw new ServiceError('client_id_invalid')
      const client = await clients.find(id)
      if (client === undefined || client.disabled) throw new ServiceError('client_not_found')
      const key = client.keys.findLast((one) => kid === undefined || one.kid === kid)
      if (key === undefined) throw new ServiceError('client_key_not_found')
      return key
    },
  }
}

function demandOrder({ notBeforeSeconds, lifetimeSeconds }: ClientPolicy): void {
  if (notBeforeSeconds >= lifetimeSeconds) throw outOfOrder()
}

const outOfOrder = () =>
  new ServiceError('invalid_request', {
    fields: [{ pointer: '/not_before_seconds', detail: 'must be less than lifetime_seconds' }],
  })

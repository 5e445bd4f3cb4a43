/** Admin commands on a server elsewhere, through its HTTP API. */
import { ERRORS, type ErrorCode } from '../errors.ts'
import { isLoopback } from '../settings-rules.ts'
import type { ImportRow } from '../users/import-row.ts'
import { MAX_IMPORT_ROWS } from '../users/schemas.ts'
import type { Admin, ImportAnswer } from './admin.ts'
import type { Context } from './context.ts'
import { CliError, serviceFailure } from './failure.ts'
import { EXIT, printable, warn } from './io.ts'
import { ask, readAddress } from './remote.ts'

/** The variables that may hold the key, the first that is set wins. Never a flag: those are seen. */
const KEY_VARIABLES = ['JOTTER_API_KEY', 'JOTTER_ADMIN_KEY']

/** A body has 16 KiB at most; this leaves room for what is around the rows. */
const MAX_IMPORT_BYTES = 16_000

interface Server {
  url: string
  key: string | undefined
  /** Where address and key came from, for messages. */
  from: string[]
}

/** @throws {CliError} When the address or the key cannot be used. Nothing is sent yet. */
export function openRemote({ io, environment }: Context, address: string, source: string): Admin {
  const url = readAddress(address, source)
  const variable = KEY_VARIABLES.find((name) => environment[name])
  const key = variable && environment[variable]
  // An invalid header value would come back in the error message of fetch.
  if (key !== undefined && !/^[\x21-\x7e]{1,512}$/.test(key)) {
    throw new CliError(EXIT.usage, 'the API key has characters that no key has', {
      from: variable ?? [],
    })
  }
  io.err(
    `server ${printable(url)}, ${variable ? `with the key of ${variable}` : 'without a key'}\n`,
  )
  const { protocol, hostname } = new URL(url)
  if (key !== undefined && protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))) {
    warn(io, 'the key travels unencrypted: use https')
  }
  const from = [`${source} ${url}`, variable ?? `${KEY_VARIABLES.join(', ')} (unset)`]
  return remoteAdmin({ url, key, from })
}

function remoteAdmin(server: Server): Admin {
  return {
    issue: (phone_number, xid) =>
      call(server, 'POST', '/v1/token', { body: { phone_number, xid } }),

    transactions({ phoneNumber, status, from, after, limit }) {
      const query = {
        phone_number: phoneNumber,
        status,
        from: from === undefined ? undefined : new Date(from).toISOString(),
        after,
        limit: String(limit),
      }
      return call(server, 'GET', `/v1/transactions?${searchOf(query)}`)
    },

    transaction: (xid) =>
      call(server, 'GET', `/v1/transactions/${encodeURIComponent(xid)}`, {
        absent: 'transaction_not_found',
      }),

    createApiKey: ({ name, scopes, expiresAt }) =>
      call(server, 'POST', '/v1/api-keys', {
        body: { name, scopes, expires_at: expiresAt && new Date(expiresAt).toISOString() },
      }),

    apiKeys: ({ after, limit }) =>
      call(server, 'GET', `/v1/api-keys?${searchOf({ after, limit: String(limit) })}`),

    removeApiKey: (id) => call(server, 'DELETE', `/v1/api-keys/${encodeURIComponent(id)}`),

    createClient: (id, keys, policy) =>
      call(server, 'POST', '/v1/clients', { body: { id, ...keys, ...policy } }),

    clients: ({ after, limit }) =>
      call(server, 'GET', `/v1/clients?${searchOf({ after, limit: String(limit) })}`),

    client: (id) => call(server, 'GET', clientPath(id)),

    updateClient: (id, change) => call(server, 'PATCH', clientPath(id), { body: change }),

    removeClient: (id) => call(server, 'DELETE', clientPath(id)),
    createUser: (wanted) => call(server, 'POST', '/v1/users', { body: wanted }),

    users({ username, email, active, after, limit }) {
      const status = active === undefined ? undefined : active ? 'active' : 'disabled'
      const query = { username, email, status, after, limit: String(limit) }
      return call(server, 'GET', `/v1/users?${searchOf(query)}`)
    },

    user: (id) => call(server, 'GET', userPath(id)),

    setUserActive: (id, active) =>
      call(server, 'POST', `${userPath(id)}/${active ? 'enable' : 'disable'}`),

    revokeUser: (id) => call(server, 'POST', `${userPath(id)}/revoke`),

    setUserPassword: (id, password) =>
      call(server, 'POST', `${userPath(id)}/password`, { body: { password } }),

    importUsers: (rows, dryRun) => importInPieces(server, rows, dryRun),

    signingKeys: () => call(server, 'GET', '/v1/keys'),

    rotateKeys: ({ alg, emergency, dryRun }) =>
      call(server, 'POST', '/v1/keys/rotate', { body: { alg, emergency, dry_run: dryRun } }),

    promoteKey: (kid) => call(server, 'POST', `/v1/keys/${encodeURIComponent(kid)}/promote`),

    retireKey: (kid, body) =>
      call(server, 'POST', `/v1/keys/${encodeURIComponent(kid)}/retire`, { body }),

    async localKeys() {
      throw new CliError(EXIT.usage, 'this works on the local store only', {
        from: server.from[0] ?? [],
        remedy: 'run it beside the database, without --url and JOTTER_URL',
      })
    },

    [Symbol.asyncDispose]: async () => {},
  }
}

const clientPath = (id: string): string => `/v1/clients/${encodeURIComponent(id)}`
const userPath = (id: string): string => `/v1/users/${encodeURIComponent(id)}`

/** One request after the other, each with as many rows as a body may have. */
async function importInPieces(
  server: Server,
  rows: readonly ImportRow[],
  dryRun: boolean,
): Promise<ImportAnswer> {
  const items: ImportAnswer['items'] = []
  let users: ImportRow[] = []
  let bytes = 0
  async function send() {
    const body = { users, dry_run: dryRun }
    const answer: ImportAnswer = await call(server, 'POST', '/v1/users/import', { body })
    items.push(...answer.items)
    users = []
    bytes = 0
  }
  for (const row of rows) {
    const size = Buffer.byteLength(JSON.stringify(row)) + 1
    const isFull = users.length === MAX_IMPORT_ROWS || bytes + size > MAX_IMPORT_BYTES
    if (users.length > 0 && isFull) await send()
    if (size > MAX_IMPORT_BYTES) {
      items.push({ outcome: 'invalid', reason: 'the row is longer than a request may be' })
      continue
    }
    users.push(row)
    bytes += size
  }
  if (users.length > 0) await send()
  return { items }
}

/** What is given of a query. */
function searchOf(query: Record<string, string | undefined>): URLSearchParams {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given as [string, string][])
}

/**
 * The answer's document, which is the one that `Admin` promises; undefined for an answer without
 * one, or with the error code `absent`.
 */
async function call<T>(
  server: Server,
  method: string,
  path: string,
  { body, absent }: { body?: object; absent?: ErrorCode } = {},
): Promise<T> {
  const { key } = server
  const { ok, status, text } = await ask(server, path, {
    method,
    headers: {
      accept: 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (status === 204) return undefined as T
  const document = parsed(text)
  if (ok && document !== undefined) return document as T
  if (absent !== undefined && document?.code === absent) return undefined as T
  throw refusal(server, status, document)
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' && document !== null
      ? (document as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function refusal(
  { url, from }: Server,
  status: number,
  problem: Record<string, unknown> | undefined,
): CliError {
  const { code, detail, errors } = problem ?? {}
  if (typeof code === 'string' && Object.hasOwn(ERRORS, code)) {
    const fields = Array.isArray(errors) ? errors.map((e) => `${e.pointer} ${e.detail}`) : []
    return serviceFailure(code as ErrorCode, {
      detail: typeof detail === 'string' ? detail : undefined,
      from: [...from, ...fields],
    })
  }
  return new CliError(EXIT.failed, `${url} answered ${status}, and not as jotter does`, {
    from,
    remedy: 'is this the address of a jotter server, and not of something before it?',
  })
}

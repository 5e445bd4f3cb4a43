/**
 * The real service in this process, on a clock that the test moves: settings as an operator gives
 * them, a SQLite file in a folder of its own unless DATABASE_URL names another database, a listening
 * port, requests over the wire.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { Scope } from '../../packages/server/src/api-keys/store.ts'
import { databaseOf } from '../../packages/server/src/database.ts'
import { readSettings } from '../../packages/server/src/settings-sources.ts'
import { startService } from '../../packages/server/src/start.ts'
import { openStores, type Stores } from '../../packages/server/src/stores/open.ts'
import { rawGet, sendRaw } from './raw-http.ts'

/** 2017-07-14T02:40:00Z, the clock of the documented token vector. */
export const NOW = 1_500_000_000_000

/** The customer of the documented token vector, with a key that no document shows. */
export const CUSTOMER = {
  TELESIGN_CUSTOMER_ID: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
  TELESIGN_API_KEY:
    'a2V5IHRoYXQgb25seSB0ZXN0cyBrbm93LCA/Pj4gb2YgNjQgYnl0ZXMsIG5vIG1vcmUgYW5kIG5vIGxlc3M/Pw==',
}
export const ADMIN_KEY = 'an-admin-key-that-only-tests-know-0123456789'

/** Issuing and registering are not limited unless a test says so. */
const ENVIRONMENT = {
  ...CUSTOMER,
  JOTTER_ADMIN_KEY: ADMIN_KEY,
  JOTTER_PORT: '0',
  JOTTER_RATE_LIMIT: 'off',
  JOTTER_RATE_LIMIT_PHONE: 'off',
  JOTTER_RATE_LIMIT_WRONG_KEY: 'off',
  JOTTER_RATE_LIMIT_REGISTER: 'off',
}

export const PRODUCTION = { JOTTER_ENV: 'production', JOTTER_MASTER_KEY: 'm'.repeat(32) }

/** A test, or `{ after }` of node:test for a service that all tests of a file share. */
export interface Owner {
  after(release: () => Promise<void>): void
}

type Environment = Readonly<Record<string, string | undefined>>

export interface TestClock {
  /** Epoch milliseconds. */
  at: number
  pass(seconds: number): void
}

export const testSettings = (environment: Environment) =>
  readSettings({
    flags: {},
    environment: { ...ENVIRONMENT, ...environment },
    readFile: () => {
      throw new Error('no files here')
    },
    dotEnv: () => undefined,
  }).settings

export async function startTestService(owner: Owner, environment: Environment = {}) {
  const data = mkdtempSync(join(tmpdir(), 'jotter-test-'))
  const clock: TestClock = {
    at: NOW,
    pass(seconds) {
      clock.at += seconds * 1000
    },
  }
  const log: string[] = []
  const settings = testSettings({ JOTTER_DATA: data, ...environment })
  const service = await startService({
    settings,
    log: pino({ level: settings.LOG_LEVEL }, { write: (line: string) => void log.push(line) }),
    version: '0.0.0-test',
    now: () => clock.at,
    monotonic: () => clock.at,
  })
  const opened: Stores[] = []
  owner.after(async () => {
    for (const stores of opened) await stores.close()
    await service.stop()
    rmSync(data, { recursive: true })
  })

  // Closed after each answer, so that stopping has no idle connection to wait for.
  const request = (path: string, init: RequestInit = {}) =>
    fetch(service.address + path, { ...init, headers: { connection: 'close', ...init.headers } })
  const authorized = (key: string) => ({ authorization: `Bearer ${key}` })
  const post = (
    path: string,
    body?: unknown,
    key?: string,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    request(path, {
      method: 'POST',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && authorized(key)),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })

  return {
    ...service,
    data,
    clock,
    log,
    request,
    post,
    get: (path: string, key?: string) =>
      request(path, key === undefined ? {} : { headers: authorized(key) }),

    /** Bytes as they are, and every answer until the service closes the connection. */
    raw: (bytes: string | Uint8Array) => sendRaw(service.address, bytes),
    /** The answer to GET of a path that `fetch` would tidy up. */
    async rawGet(path: string, headers?: string) {
      const [answer] = await sendRaw(service.address, rawGet(path, headers))
      if (answer === undefined) throw new Error('closed without an answer')
      return answer
    },

    /** The database as another process sees it. */
    async stores(): Promise<Stores> {
      const stores = await openStores(databaseOf(settings).url, { now: clock.at })
      opened.push(stores)
      return stores
    },

    /** The secret of a new API key. */
    async newKey(scopes: Scope[], customer_id?: string): Promise<string> {
      const made = await post('/v1/api-keys', { name: 'test', scopes, customer_id }, ADMIN_KEY)
      return ((await made.json()) as { secret: string }).secret
    },
  }
}

export type TestService = Awaited<ReturnType<typeof startTestService>>

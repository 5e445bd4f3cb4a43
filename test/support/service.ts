/**
 * The real service in this process, on a clock that the test moves: settings as an operator gives
 * them, a SQLite file in a folder of its own, a listening port, requests over the wire.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import pino from 'pino'
import { readSettings } from '../../packages/server/src/settings-sources.ts'
import { startService } from '../../packages/server/src/start.ts'

/** 2017-07-14T02:40:00Z, the clock of the documented token vector. */
export const NOW = 1_500_000_000_000

/** The customer and key of the documented token vector. */
export const CUSTOMER = {
  TELESIGN_CUSTOMER_ID: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
  TELESIGN_API_KEY: 'ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==',
}
export const ADMIN_KEY = 'an-admin-key-that-only-tests-know-0123456789'

/** Issuing is not limited unless a test says so. */
const ENVIRONMENT = {
  ...CUSTOMER,
  JOTTER_ADMIN_KEY: ADMIN_KEY,
  JOTTER_PORT: '0',
  JOTTER_RATE_LIMIT: 'off',
  JOTTER_RATE_LIMIT_PHONE: 'off',
}

export const PRODUCTION = { JOTTER_ENV: 'production', JOTTER_MASTER_KEY: 'm'.repeat(32) }

export interface TestClock {
  /** Epoch milliseconds. */
  at: number
  pass(seconds: number): void
}

export async function startTestService(
  t: TestContext,
  environment: Readonly<Record<string, string | undefined>> = {},
) {
  const data = mkdtempSync(join(tmpdir(), 'jotter-test-'))
  const clock: TestClock = {
    at: NOW,
    pass(seconds) {
      clock.at += seconds * 1000
    },
  }
  const log: string[] = []
  const { settings } = readSettings({
    flags: {},
    environment: { JOTTER_DATA: data, ...ENVIRONMENT, ...environment },
    readFile: () => {
      throw new Error('no files here')
    },
    dotEnv: () => undefined,
  })
  const service = await startService({
    settings,
    log: pino({ level: settings.LOG_LEVEL }, { write: (line: string) => void log.push(line) }),
    version: '0.0.0-test',
    now: () => clock.at,
    monotonic: () => clock.at,
  })
  t.after(async () => {
    await service.stop()
    rmSync(data, { recursive: true })
  })

  const request = (path: string, init: RequestInit = {}) => fetch(service.address + path, init)
  const authorized = (key: string) => ({ authorization: `Bearer ${key}` })
  return {
    ...service,
    data,
    clock,
    log,
    request,
    get: (path: string, key?: string) =>
      request(path, key === undefined ? {} : { headers: authorized(key) }),
    post: (path: string, body?: unknown, key?: string, headers: Record<string, string> = {}) =>
      request(path, {
        method: 'POST',
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && authorized(key)),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  }
}

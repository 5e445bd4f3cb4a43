/**
 * The service with a store that forgets: what issuing costs before anything is kept.
 *
 * @module
 */
import { createSecretKey } from 'node:crypto'
import { parseArgs } from 'node:util'
import { importKey } from '@jotter/token'
import pino from 'pino'
import { createApp } from '../packages/server/src/app.ts'
import { masterKey } from '../packages/server/src/keys/master-key.ts'
import { openKeys } from '../packages/server/src/keys/open.ts'
import { createMetrics } from '../packages/server/src/operation/metrics.ts'
import { revocations } from '../packages/server/src/revocation/revocations.ts'
import { readSettings } from '../packages/server/src/settings-sources.ts'
import { openStores } from '../packages/server/src/stores/open.ts'

const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } })
const stores = await openStores('memory:', { now: Date.now() })
const { settings } = readSettings({
  flags: {},
  environment: process.env,
  readFile: () => '',
  dotEnv: () => undefined,
})
const time = { now: Date.now, monotonic: () => performance.now() }
const log = pino()
const keys = await openKeys({
  ...time,
  settings,
  store: stores.keys,
  duties: stores.duties,
  master: masterKey(settings, true),
  log,
})
const app = await createApp({
  ...time,
  settings,
  stores: { ...stores, transactions: { ...stores.transactions, insert: async () => true } },
  customer: {
    id: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
    key: importKey({ secret: Buffer.alloc(64, 1), alg: 'HS256' }),
  },
  signingKeys: keys.signingKeys,
  keyService: keys.service,
  refreshKey: createSecretKey(Buffer.alloc(32, 1)),
  attempts: stores.attempts(time),
  revocations: await revocations(
    { ...time, log, store: stores.revocations, maxAgeSeconds: 60 },
    new AbortController().signal,
  ),
  metrics: createMetrics(),
  log,
  version: 'bench',
  stopping: () => false,
})
const address = await app.listen({ host: '127.0.0.1', port: Number(values.port ?? 0) })
process.stdout.write(`${JSON.stringify({ msg: 'listening', address })}\n`)
process.once('SIGTERM', () => void app.close())

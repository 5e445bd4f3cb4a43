/**
 * One of the processes that start at once on one database: opens it, then opens the signing keys of
 * every algorithm that it is sent, each at the moment that it is sent, and answers which kid signs.
 *
 * @module
 */
import pino from 'pino'
import { masterKey } from '../../packages/server/src/keys/master-key.ts'
import { openKeys } from '../../packages/server/src/keys/open.ts'
import type { Settings } from '../../packages/server/src/settings.ts'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { testSettings } from '../support/service.ts'

export interface KeyRace {
  alg: Settings['ACCESS_ALG']
  at: number
}

const [url = ''] = process.argv.slice(2)
const { keys: store, duties } = await openStores(url, { now: 0, timeoutMs: 20_000 })
const master = masterKey({ MASTER_KEY: 'm'.repeat(32), DATA: '' }, false)
const shared = { store, duties, master, log: pino({ level: 'silent' }) }
const clocks = { now: Date.now, monotonic: () => performance.now() }

process.on('message', async ({ alg, at }: KeyRace) => {
  while (Date.now() < at);
  const settings = testSettings({ JOTTER_ACCESS_ALG: alg })
  const { signingKeys } = await openKeys({ ...shared, ...clocks, settings })
  process.send?.(signingKeys.of(alg).ring().active.kid)
})
process.send?.('ready')

/**
 * One of the processes that start at once on one database: opens it, then opens the signing keys of
 * every algorithm that it is sent, each at the moment that it is sent, and answers which kid signs.
 *
 * @module
 */
import { masterKey } from '../../packages/server/src/keys/master-key.ts'
import { openSigningKeys } from '../../packages/server/src/keys/signing-keys.ts'
import type { Settings } from '../../packages/server/src/settings.ts'
import { openStores } from '../../packages/server/src/stores/open.ts'

export interface KeyRace {
  alg: Settings['ACCESS_ALG']
  at: number
}

const [url = ''] = process.argv.slice(2)
const { keys } = await openStores(url, { now: 0, timeoutMs: 20_000 })
const master = masterKey({ MASTER_KEY: 'm'.repeat(32), DATA: '' }, false)

process.on('message', async ({ alg, at }: KeyRace) => {
  while (Date.now() < at);
  const settings = { ACCESS_ALG: alg, SECRET_KEY: undefined }
  const { active } = await openSigningKeys({ settings, keys, master, now: Date.now })
  process.send?.(active.kid)
})
process.send?.('ready')

/**
 * A process that never stops rotating the keys of one file, by emergencies and by dates in turn, and
 * says which key it has seen end. It is killed.
 *
 * @module
 */
import { masterKey } from '../../packages/server/src/keys/master-key.ts'
import { keyService } from '../../packages/server/src/keys/service.ts'
import { openStores } from '../../packages/server/src/stores/open.ts'

const [url = ''] = process.argv.slice(2)
const { keys: store } = await openStores(url, { now: 0, timeoutMs: 20_000 })
const service = keyService({
  store,
  master: masterKey({ MASTER_KEY: 'm'.repeat(32), DATA: '' }, false),
  uses: [{ alg: 'ES256', lifeSeconds: 0, lazy: false }],
  publicationMs: 0,
  now: Date.now,
})
await service.have('ES256', 'active')
process.send?.('ready')
for (let i = 0; ; i += 1) {
  const active = await service.have('ES256', 'active')
  const [plan] = await service.rotate({ emergency: i % 2 === 0 })
  if (i % 2 === 1) await service.promote(plan?.kid as string)
  process.send?.({ ended: active.kid, state: i % 2 === 0 ? 'retired' : 'retiring' })
}

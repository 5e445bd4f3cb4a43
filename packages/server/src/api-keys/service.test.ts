import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NOW } from '../../../../test/support/service.ts'
import { memoryApiKeys } from '../stores/memory/api-keys.ts'
import { apiKeyService } from './service.ts'

const ADMIN_KEY = 'an-admin-key-that-only-tests-know-0123456789'

async function start() {
  const store = memoryApiKeys()
  const clock = { at: NOW }
  const reads: string[] = []
  const service = apiKeyService({
    apiKeys: {
      ...store,
      get(id) {
        reads.push(id)
        return store.get(id)
      },
    },
    customerId: 'ours',
    adminKey: ADMIN_KEY,
    now: () => clock.at,
  })
  const { id, secret } = await service.create({ name: 'test', scopes: ['metrics'] })
  return { service, store, clock, reads, id, secret }
}

describe('a key that was just used', () => {
  test('is not read again for half a second', async () => {
    const { service, clock, reads, id, secret } = await start()
    for (const passed of [0, 1, 499]) {
      clock.at = NOW + passed
      assert.equal((await service.authenticate(secret))?.id, id)
    }
    assert.equal(reads.length, 1)
    clock.at = NOW + 500
    await service.authenticate(secret)
    assert.equal(reads.length, 2)
  })

  test('is read again when the clock was set back: it is not remembered for longer', async () => {
    const { service, store, clock, id, secret } = await start()
    await service.authenticate(secret)
    clock.at = NOW - 3_600_000
    await store.remove(id)
    assert.equal(await service.authenticate(secret), undefined)
  })

  test('is gone with its removal, though a request reads it meanwhile', async () => {
    const { service, store, id, secret } = await start()
    const { promise: removed, resolve } = Promise.withResolvers<void>()
    const remove = store.remove
    store.remove = async (one) => {
      await removed
      return remove(one)
    }
    const slow = apiKeyService({
      apiKeys: store,
      customerId: 'ours',
      adminKey: undefined,
      now: () => NOW,
    })
    const removal = slow.remove(id)
    assert.equal((await slow.authenticate(secret))?.id, id)
    resolve()
    await removal
    assert.equal(await slow.authenticate(secret), undefined)
    assert.equal(await service.authenticate(secret), undefined)
  })
})

test('an id that nobody has is asked for each time, and fills no table', async () => {
  const { service, reads } = await start()
  const unknown = `jot_0123456789ab_${'a'.repeat(43)}`
  for (let i = 0; i < 3; i += 1) assert.equal(await service.authenticate(unknown), undefined)
  assert.equal(reads.length, 3)
})

test('what does not look like a key is refused without asking the store', async () => {
  const { service, reads } = await start()
  for (const text of [
    '',
    'jot_',
    'jot_a_b',
    'x'.repeat(512),
    `jot_0123456789ab_${'a'.repeat(44)}`,
  ]) {
    assert.equal(await service.authenticate(text), undefined)
  }
  assert.deepEqual(reads, [])
})

test('ADMIN_KEY is a key of the own customer with scope admin', async () => {
  const { service } = await start()
  const caller = await service.authenticate(ADMIN_KEY)
  assert.deepEqual(caller, { id: 'admin', customerId: 'ours', scopes: ['admin'] })
})

test('without ADMIN_KEY no text is the admin', async () => {
  const service = apiKeyService({
    apiKeys: memoryApiKeys(),
    customerId: 'ours',
    adminKey: undefined,
    now: () => NOW,
  })
  for (const text of [ADMIN_KEY, '', 'undefined', 'admin']) {
    assert.equal(await service.authenticate(text), undefined)
  }
})

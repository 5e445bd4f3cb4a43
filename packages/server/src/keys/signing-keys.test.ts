import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { generateKey, type PrivateJwk, privateJwk, publicJwk, thumbprint } from '@jotter/token'
import { temporaryFile } from '../../../../test/stores/open.ts'
import { openTestKeys } from '../../../../test/support/keys.ts'
import { memoryKeys } from '../stores/memory/keys.ts'
import { openStores } from '../stores/open.ts'
import { masterKey } from './master-key.ts'
import type { OpenKeysDeps } from './open.ts'
import type { StoredKey } from './store.ts'

const NOW = 1_800_000_000_000
const other = masterKey({ MASTER_KEY: 'o'.repeat(32), DATA: '' }, true)

const settingsOf = (alg = 'ES256', SECRET_KEY: string | undefined = undefined) => ({
  JOTTER_ACCESS_ALG: alg,
  SECRET_KEY,
})

/** Starts on one store, one after the other. */
function starts(keys = memoryKeys()) {
  const opening = (settings = settingsOf(), change: Partial<OpenKeysDeps> = {}) =>
    openTestKeys(settings, { store: keys, now: () => NOW, ...change })
  const start = async (...args: Parameters<typeof opening>) => {
    const { signingKeys, settings } = await opening(...args)
    return signingKeys.of(settings.ACCESS_ALG).ring()
  }
  return { keys, start, opening }
}

describe('without SECRET_KEY', () => {
  test('the first start makes a key, and the next ones find it', async () => {
    const { keys, start } = starts()
    const { active } = await start()
    assert.deepEqual([active.alg, active.kid], ['ES256', thumbprint(active)])
    const [stored, ...more] = await keys.list()
    assert.deepEqual(more, [])
    assert.ok(stored !== undefined)
    const { kid, alg, state, createdAt, stateAt } = stored
    assert.deepEqual([kid, alg, state], [active.kid, 'ES256', 'active'])
    assert.deepEqual([createdAt, stateAt], [NOW, NOW])
    assert.deepEqual(JSON.parse(stored.publicJwk), publicJwk(active))
    const again = await start()
    assert.deepEqual(privateJwk(again.active), privateJwk(active))
  })

  test('first starts at once end with one key', async () => {
    const { keys, start } = starts()
    const rings = await Promise.all(Array.from({ length: 10 }, () => start()))
    assert.equal(new Set(rings.map(({ active }) => active.kid)).size, 1)
    assert.equal((await keys.list()).length, 1)
  })

  test('another ACCESS_ALG signs with a key of its own, and the one before still verifies', async () => {
    const { start } = starts()
    const before = await start()
    const ring = await start(settingsOf('EdDSA'))
    assert.equal(ring.active.alg, 'EdDSA')
    assert.deepEqual(
      ring.keys.map(({ kid }) => kid),
      [ring.active.kid, before.active.kid],
    )
    assert.equal(ring.keys[1]?.signs, false)
  })

  test('A-11 keys that wait or retire verify, retired ones do not', async () => {
    const { keys, start } = starts()
    const { active } = await start()
    const made = new Map<string, StoredKey>()
    for (const state of ['next', 'retiring', 'retired'] as const) {
      const elsewhere = starts()
      await elsewhere.start()
      const [key] = (await elsewhere.keys.list()) as [StoredKey]
      made.set(state, { ...key, state, ...(state === 'retired' && { sealed: undefined }) })
      await keys.insert(made.get(state) as StoredKey)
    }
    const kids = (await start()).keys.map(({ kid }) => kid)
    const kidOf = (state: string) => made.get(state)?.kid as string
    assert.deepEqual(kids.sort(), [active.kid, kidOf('next'), kidOf('retiring')].sort())
  })
})

describe('with SECRET_KEY', () => {
  test('S3: its characters are the secret, and no key is made', async () => {
    const { keys, start } = starts()
    const { active, keys: all } = await start(
      settingsOf('HS256', 'é and more of it: 32 characters'),
    )
    assert.equal(active.alg, 'HS256')
    assert.equal(active.kid, undefined)
    const bytes = Buffer.from('é and more of it: 32 characters', 'utf8')
    assert.ok(active.keyObject.equals(createSecretKey(bytes)))
    assert.equal(all.length, 1)
    assert.deepEqual(await keys.list(), [])
  })

  test('item 40: my_precious signs where the settings let it pass', async () => {
    const { active } = await starts().start(settingsOf('HS256', 'my_precious'))
    assert.equal(active.signs, true)
  })

  test('ACCESS_ALG may ask for a key pair all the same', async () => {
    const { active } = await starts().start(settingsOf('ES384', 's'.repeat(32)))
    assert.equal(active.alg, 'ES384')
  })

  test('A-20 it verifies alone: no public key stands beside a secret', async () => {
    const { start } = starts()
    await start()
    const { keys } = await start(settingsOf('HS256', 's'.repeat(32)))
    assert.deepEqual(
      keys.map(({ alg }) => alg),
      ['HS256'],
    )
  })
})

describe('what is kept', () => {
  test('L-02 is the private key nowhere in clear, in no file of the database', async () => {
    using file = temporaryFile()
    const stores = await openStores(`sqlite:${file.path}`, { now: NOW })
    const { active } = await starts(stores.keys).start()
    const { d } = privateJwk(active) as PrivateJwk & { d: string }
    const bytes = Buffer.from(d, 'base64url')
    const found = () =>
      readdirSync(dirname(file.path)).filter((name) => {
        const text = readFileSync(join(dirname(file.path), name))
        return [d, bytes, bytes.toString('base64'), bytes.toString('hex')].some((one) =>
          text.includes(one),
        )
      })
    assert.ok(readdirSync(dirname(file.path)).length > 1, 'the log is a file of its own')
    assert.deepEqual(found(), [])
    await stores.close()
    assert.deepEqual(found(), [])
    assert.ok(readFileSync(file.path).includes(active.kid as string), 'the row itself is there')
  })

  test('does not open under another master key', async () => {
    const { start } = starts()
    await start()
    await assert.rejects(start(settingsOf(), { master: other }), { name: 'SealError' })
  })

  const CHANGES: Readonly<Record<string, (key: StoredKey, foreign: StoredKey) => StoredKey>> = {
    'the private key of another row': (key, foreign) => ({ ...key, sealed: foreign.sealed }),
    'no private key': (key) => ({ ...key, sealed: undefined }),
    'a kid of its own': (key) => ({ ...key, kid: 'mine' }),
    'another text': (key) => ({ ...key, sealed: '1.a.b.c' }),
  }
  for (const [name, change] of Object.entries(CHANGES)) {
    test(`is refused with ${name}`, async () => {
      const [one, two] = [starts(), starts()]
      await one.start()
      await two.start()
      const [key] = (await one.keys.list()) as [StoredKey]
      const [foreign] = (await two.keys.list()) as [StoredKey]
      const { keys, start } = starts()
      await keys.insert(change(key, foreign))
      await assert.rejects(start(), { name: 'SealError' })
    })
  }

  test('a public key that somebody has written into it verifies nothing', async () => {
    const { keys, start, opening } = starts()
    await start()
    const [key] = (await keys.list()) as [StoredKey]
    const mine = await generateKey('ES256')
    const kid = mine.kid as string
    await keys.insert({
      ...key,
      ...{ kid, state: 'retiring', sealed: undefined, dueAt: NOW + 1 },
      publicJwk: JSON.stringify(publicJwk(mine)),
    })
    const { signingKeys, log } = await opening()
    assert.deepEqual(signingKeys.damaged, [kid])
    assert.ok(log.some((line) => line.kid === kid && line.msg.includes('was changed')))
    const ring = signingKeys.of('ES256').ring()
    assert.deepEqual(
      ring.keys.map((one) => one.kid),
      [key.kid],
    )
    assert.equal((await signingKeys.published()).keys.length, 1)
    const spoilt = starts()
    await spoilt.keys.insert({ ...key, publicJwk: JSON.stringify(publicJwk(mine)) })
    await assert.rejects(spoilt.start(), { name: 'SealError' })
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { CLAIMS, forge, OPTIONS, SECRET } from '../test/forge.ts'
import { importKey } from './import-key.ts'
import type { Key } from './key.ts'
import { KeyRing } from './keyring.ts'
import { signToken } from './sign.ts'
import { verifyToken } from './verify.ts'

const make = (kid?: string, alg = 'HS256') => importKey({ secret: randomBytes(64), alg, kid })
const old = make('old')
const current = make('current')
const ring = new KeyRing(current, [old])

describe('A key ring', () => {
  test('checks tokens of its active key and of those before', async () => {
    for (const key of ring.keys) {
      const token = await signToken(CLAIMS, key)
      assert.deepEqual(await verifyToken(token, ring, OPTIONS), CLAIMS)
    }
  })

  test('takes the key that the token names, and no other', async () => {
    const lie = forge({
      header: { alg: 'HS256', kid: 'current' },
      secret: old.keyObject.export(),
    })
    await assert.rejects(verifyToken(lie, ring, OPTIONS), { reason: 'bad_signature' })
  })

  test('tries every key on a token that names none', async () => {
    const token = forge({ header: { alg: 'HS256' }, secret: old.keyObject.export() })
    assert.deepEqual(await verifyToken(token, ring, OPTIONS), CLAIMS)
  })

  test('tries keys without a name on every token', async () => {
    const anonymous = importKey({ secret: SECRET, alg: 'HS256' })
    const token = forge({ header: { alg: 'HS256', kid: 'theirs' } })
    const named = forge({ header: { alg: 'HS256', kid: 'old' } })
    for (const keys of [anonymous, [old, anonymous], new KeyRing(old, [anonymous])]) {
      assert.deepEqual(await verifyToken(token, keys, OPTIONS), CLAIMS)
      assert.deepEqual(await verifyToken(named, keys, OPTIONS), CLAIMS)
    }
  })

  test('may rotate keys that have no name', async () => {
    const [before, after] = [make(), make()]
    const token = await signToken(CLAIMS, before)
    assert.deepEqual(await verifyToken(token, new KeyRing(after, [before]), OPTIONS), CLAIMS)
    await assert.rejects(verifyToken(token, new KeyRing(after), OPTIONS), {
      reason: 'bad_signature',
    })
  })

  test('A-05 keys of several algorithms check only tokens of their own', async () => {
    const mixed = new KeyRing(make('a', 'HS256'), [make('b', 'HS512')])
    const [a, b] = mixed.keys as [Key, Key]
    const hs256WithB = forge({ header: { alg: 'HS256', kid: 'b' }, secret: b.keyObject.export() })
    await assert.rejects(verifyToken(hs256WithB, mixed, OPTIONS), { reason: 'alg_not_allowed' })
    const hs512WithA = { header: { alg: 'HS512' }, secret: a.keyObject.export(), hash: 'sha512' }
    await assert.rejects(verifyToken(forge(hs512WithA), mixed, OPTIONS), {
      reason: 'bad_signature',
    })
  })
})

describe('A key ring is refused', () => {
  test('A-20 with one kid for two keys', () => {
    assert.throws(() => new KeyRing(old, [make('old')]), { name: 'KeyError', reason: 'duplicate' })
  })

  test('A-05 with one key under two kids or two algorithms', () => {
    const secret = randomBytes(64)
    const keys = [
      importKey({ secret, alg: 'HS256', kid: 'a' }),
      importKey({ secret, alg: 'HS256', kid: 'b' }),
      importKey({ secret, alg: 'HS512', kid: 'c' }),
      importKey({ secret, alg: 'HS256' }),
    ] as const
    for (const other of keys.slice(1)) {
      assert.throws(() => new KeyRing(keys[0], [other]), { reason: 'duplicate' })
    }
  })

  test('with keys that may not do what they are there for', () => {
    const k = SECRET.toString('base64url')
    const verifies = importKey({ kty: 'oct', alg: 'HS256', k, key_ops: ['verify'] })
    const signs = importKey({ kty: 'oct', alg: 'HS256', k, key_ops: ['sign'] })
    assert.throws(() => new KeyRing(verifies), { reason: 'wrong_use' })
    assert.throws(() => new KeyRing(signs), { reason: 'wrong_use' })
    assert.equal(new KeyRing(old, [verifies]).keys.length, 2)
  })
})

describe('A-09 a kid that no key has', () => {
  const kids = [
    '../../../../dev/null',
    "'; DROP TABLE keys;--",
    "' UNION SELECT 'AAAA'--",
    '*',
    '',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'Old',
    'old ',
    'x'.repeat(4_000),
  ]
  for (const kid of kids) {
    test(`is unknown: ${kid.slice(0, 30)}`, async () => {
      for (const keys of [ring, ring.keys, old]) {
        for (const secret of ['', SECRET, old.keyObject.export()]) {
          const token = forge({ header: { alg: 'HS256', kid }, secret })
          await assert.rejects(verifyToken(token, keys, OPTIONS), { reason: 'unknown_key' })
        }
      }
    })
  }

  for (const kid of ['1', '["old"]', '{}', 'true', 'null', '"\\ud800"', '"old\\u0000"']) {
    test(`is malformed: ${kid}`, async () => {
      const token = forge({ header: `{"alg":"HS256","kid":${kid}}` })
      await assert.rejects(verifyToken(token, ring, OPTIONS), { reason: 'malformed' })
    })
  }

  test('is malformed: 100 kB', async () => {
    const token = forge({ header: { alg: 'HS256', kid: 'x'.repeat(100_000) } })
    await assert.rejects(verifyToken(token, ring, OPTIONS), { reason: 'malformed' })
  })
})

test('no keys, and what is no key, is a mistake of the caller', async () => {
  const token = forge()
  const signs = importKey({
    kty: 'oct',
    alg: 'HS256',
    k: SECRET.toString('base64url'),
    key_ops: ['sign'],
  })
  const impostor = { alg: 'HS256', verifies: true, verify: () => true }
  const wrong: unknown[] = [
    undefined,
    null,
    '',
    SECRET,
    SECRET.toString(),
    [],
    {},
    [SECRET],
    signs,
    impostor,
  ]
  for (const keys of [...wrong, { alg: 'HS256' }, [current, undefined], current.keyObject]) {
    await assert.rejects(verifyToken(token, keys as Key, OPTIONS), { name: 'TypeError' })
  }
})

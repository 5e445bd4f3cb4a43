import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { CLAIMS, OPTIONS } from '../test/forge.ts'
import { PAIRS, pair } from '../test/pairs.ts'
import { privateJwk, privatePem, publicJwk, publicJwks, thumbprint } from './export-key.ts'
import { generateKey } from './generate-key.ts'
import { importKey, type JwkInput } from './import-key.ts'
import { importJwks } from './jwks.ts'
import { KeyRing } from './keyring.ts'
import { signToken } from './sign.ts'
import { verifyToken } from './verify.ts'

const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv']
const secret = importKey({ secret: randomBytes(32), alg: 'HS256' })

for (const { alg, key, forge, publicJwk: jwk } of PAIRS) {
  describe(alg, () => {
    test('its public half is published without its private one', async () => {
      const written = publicJwk(importKey({ ...privateJwk(key), kid: 'a' }))
      assert.deepEqual(written, { ...jwk, kid: 'a', alg, use: 'sig' })
      assert.deepEqual(
        SECRET_MEMBERS.filter((member) => member in written),
        [],
      )
      assert.deepEqual(await verifyToken(forge(), importKey(written), OPTIONS), CLAIMS)
    })

    test('its private half comes back as it was stored', async () => {
      for (const stored of [privateJwk(key), { pem: privatePem(key), alg }]) {
        const token = await signToken(CLAIMS, importKey(stored))
        assert.deepEqual(await verifyToken(token, key, OPTIONS), CLAIMS)
      }
    })

    test('a key without its private half has none to give', () => {
      const verifier = importKey(jwk)
      assert.throws(() => privateJwk(verifier), { name: 'KeyError', reason: 'unsupported' })
      assert.throws(() => privatePem(verifier), { name: 'KeyError', reason: 'unsupported' })
    })

    test('a new one signs, and is named by its thumbprint', async () => {
      const made = await generateKey(alg)
      assert.equal(made.kid, thumbprint(made))
      assert.notEqual(made.kid, thumbprint(key))
      const verifier = importKey(publicJwk(made), { publicOnly: true })
      const token = await signToken(CLAIMS, made)
      assert.deepEqual(await verifyToken(token, verifier, OPTIONS), CLAIMS)
    })
  })
}

test('a new key may be given a name and a length', async () => {
  const key = await generateKey('RS256', { kid: 'a', modulusBits: 3072 })
  assert.equal(key.kid, 'a')
  assert.equal(key.keyObject.asymmetricKeyDetails?.modulusLength, 3072)
  await assert.rejects(generateKey('HS256'), { name: 'KeyError', reason: 'unsupported' })
  await assert.rejects(generateKey('none'), { name: 'KeyError', reason: 'unknown_alg' })
})

test('a new RSA key has a length that is taken, or is not even made', async (t) => {
  const lengths: readonly (readonly [modulusBits: unknown, reason: string])[] = [
    [100, 'weak'],
    [2047, 'weak'],
    [8193, 'unsupported'],
    [16_384, 'unsupported'],
    [Number.NaN, 'unsupported'],
    [2048.5, 'unsupported'],
    ['x', 'unsupported'],
  ]
  const { mock } = t.mock.method(Object.getPrototypeOf(pair('RS256').privateKey), 'export')
  for (const [modulusBits, reason] of lengths) {
    const options = { modulusBits: modulusBits as number }
    await assert.rejects(generateKey('RS256', options), { name: 'KeyError', reason })
  }
  assert.equal(mock.callCount(), 0)
})

test('a secret is never written', () => {
  for (const write of [publicJwk, privateJwk, privatePem, thumbprint]) {
    assert.throws(() => write(secret), { name: 'KeyError', reason: 'unsupported' })
  }
  assert.deepEqual(publicJwks(secret), { keys: [] })
  assert.deepEqual(publicJwks(new KeyRing(secret)), { keys: [] })
})

describe('A set of keys', () => {
  const es256 = importKey({ ...pair('ES256').privateJwk, kid: 'a' })
  const rs256 = importKey({ ...pair('RS256').publicJwk, kid: 'b' })
  const ring = new KeyRing(es256, [rs256])

  test('is published whole, the active key first, and read back', () => {
    const set = publicJwks(ring)
    assert.deepEqual(set, { keys: [publicJwk(es256), publicJwk(rs256)] })
    assert.deepEqual(importJwks(set).map(publicJwk), set.keys)
  })

  const k = randomBytes(32).toString('base64url')
  const [a, b] = publicJwks(ring).keys as [JwkInput, JwkInput]
  const pem = rs256.keyObject.export({ format: 'pem', type: 'spki' })
  const oct = { kty: 'oct', alg: 'HS256', k, kid: 'c' }
  const rows: readonly (readonly [name: string, set: unknown, reason: string])[] = [
    ['A-20 a private key', { keys: [a, privateJwk(es256)] }, 'private'],
    ['A-20 a secret', { keys: [oct] }, 'private'],
    ['A-20 one kid twice', { keys: [a, { ...b, kid: 'a' }] }, 'duplicate'],
    ['A-20 one key twice', { keys: [a, { ...a, kid: 'c' }] }, 'duplicate'],
    ['A-20 a key for encryption', { keys: [a, { ...b, use: 'enc' }] }, 'wrong_use'],
    ['a key without alg', { keys: [a, { ...b, alg: undefined }] }, 'unknown_alg'],
    ['PEM', { keys: [a, { pem, alg: 'RS256' }] }, 'malformed'],
    ['a secret that is no JWK', { keys: [{ secret: k, alg: 'HS256' }] }, 'malformed'],
    ['no keys', { keys: [] }, 'malformed'],
    ['101 keys', { keys: Array(101).fill(a) }, 'malformed'],
    ['keys that are no array', { keys: { 0: a } }, 'malformed'],
    ['a key', a, 'malformed'],
    ['an array', [a], 'malformed'],
    ['text', JSON.stringify({ keys: [a] }), 'malformed'],
    ['null', null, 'malformed'],
    ['a key that is null', { keys: [null] }, 'malformed'],
    // biome-ignore lint/suspicious/noSparseArray: that is the input.
    ['a hole among the keys', { keys: [, a] }, 'malformed'],
  ]
  for (const [name, set, reason] of rows) {
    test(`is refused: ${name}`, () => {
      assert.throws(() => importJwks(set as never), { name: 'KeyError', reason })
    })
  }

  test('A-20 of private keys is refused unless asked for by false', () => {
    const set = { keys: [privateJwk(es256)] }
    for (const options of [undefined, {}, { publicOnly: undefined }]) {
      assert.throws(() => importJwks(set, options as never), {
        name: 'KeyError',
        reason: 'private',
      })
    }
    assert.equal(importJwks(set, { publicOnly: false })[0]?.signs, true)
  })

  test('A-20 of secrets is taken when asked, but not with public keys among them', () => {
    const options = { publicOnly: false }
    assert.equal(importJwks({ keys: [oct] }, options)[0]?.alg, 'HS256')
    assert.throws(() => importJwks({ keys: [a, oct] }, options), { reason: 'mixed' })
  })

  test('A-20 mixed with secrets makes no ring and no list', async () => {
    assert.throws(() => new KeyRing(es256, [secret]), { name: 'KeyError', reason: 'mixed' })
    assert.throws(() => new KeyRing(secret, [rs256]), { name: 'KeyError', reason: 'mixed' })
    await assert.rejects(verifyToken('x', [secret, rs256], OPTIONS), TypeError)
  })
})

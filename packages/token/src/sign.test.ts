import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CLAIMS, encode, KEY, OPTIONS, readVector, SECRET, signText } from '../test/forge.ts'
import type { Claims } from './claims.ts'
import { importKey } from './import-key.ts'
import { isCleanText } from './json.ts'
import { signJws, signToken } from './sign.ts'
import { verifyToken } from './verify.ts'

describe('signToken', () => {
  test('writes the transaction token byte for byte', async () => {
    const { secret, clock, claims, token } = JSON.parse(readVector('transaction.json'))
    const key = importKey({ secret, encoding: 'base64', alg: 'HS256' })
    assert.equal(await signToken(claims, key), token)
    const options = { issuer: claims.iss, audience: undefined, typ: 'JWT', clock: () => clock }
    assert.deepEqual(await verifyToken(token, key, options), claims)
  })

  test('writes typ, alg and kid in this order, and nothing else', async () => {
    const key = importKey({ secret: SECRET, alg: 'HS256', kid: 'a' })
    const token = await signToken(CLAIMS, key, { typ: 'at+jwt' })
    const header = '{"typ":"at+jwt","alg":"HS256","kid":"a"}'
    assert.equal(token, signText(`${encode(header)}.${encode(CLAIMS)}`))
  })

  test('gives every kind of token its own header', async () => {
    for (let i = 0; i < 40; i++) {
      const token = await signToken(CLAIMS, KEY, { typ: `t${i % 20}` })
      assert.ok(token.startsWith(`${encode({ typ: `t${i % 20}`, alg: 'HS256' })}.`))
    }
  })

  test('keeps the order of claims and leaves out what is undefined', async () => {
    const token = await signToken({ z: 1, sub: undefined, a: 'é😀' } as unknown as Claims, KEY)
    assert.ok(token.includes(`.${encode('{"z":1,"a":"é😀"}')}.`))
  })

  test('signs with the hash of the algorithm', async () => {
    for (const [alg, hash] of [
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
    ] as const) {
      const secret = Buffer.alloc(64, 1)
      const token = await signToken(CLAIMS, importKey({ secret, alg }))
      const input = `${encode({ typ: 'JWT', alg })}.${encode(CLAIMS)}`
      assert.equal(token, signText(input, secret, hash))
      assert.deepEqual(await verifyToken(token, importKey({ secret, alg }), OPTIONS), CLAIMS)
    }
  })

  test('takes objects only', async () => {
    for (const claims of [undefined, null, 'x', 5, [], () => 1]) {
      await assert.rejects(signToken(claims as never, KEY), TypeError)
    }
  })

  test('B-14 takes no NUL and no half of a surrogate pair, which no verifier reads', async () => {
    for (const text of ['a\0', '\ud800', '\udc00a', '\\\0', '\\\\\udfff']) {
      for (const claims of [{ sub: text }, { more: [{ [text]: 1 }] }]) {
        await assert.rejects(signToken({ ...CLAIMS, ...claims }, KEY), TypeError)
      }
    }
  })

  test('B-14 takes every other text', async () => {
    const part = fc.constantFrom(
      '\0',
      '\u0001',
      '\ud83d',
      '\ude00',
      '\\',
      'u0000',
      'ud800',
      '"',
      'a',
    )
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: part, maxLength: 6 }), async (text) => {
        const token = signToken({ ...CLAIMS, text }, KEY)
        if (!isCleanText(text)) return assert.rejects(token, TypeError)
        assert.equal((await verifyToken(await token, KEY, OPTIONS)).text, text)
      }),
      { numRuns: 1_000 },
    )
  })
})

test('typ is a text that every verifier reads', async () => {
  for (const typ of ['a\0', '\ud800', 5, null, ['JWT']]) {
    await assert.rejects(signToken(CLAIMS, KEY, { typ: typ as string }), TypeError)
    await assert.rejects(signJws('x', KEY, { typ: typ as string }), TypeError)
  }
})

describe('signJws', () => {
  test('signs bytes and text, without typ unless it is given', async () => {
    const bytes = Buffer.from([0, 255, 1])
    const header = encode({ alg: 'HS256' })
    assert.equal(await signJws(bytes, KEY), signText(`${header}.${encode(bytes)}`))
    assert.equal(await signJws('é', KEY), signText(`${header}.${encode('é')}`))
    const typed = encode({ typ: 'x', alg: 'HS256' })
    assert.equal(await signJws('é', KEY, { typ: 'x' }), signText(`${typed}.${encode('é')}`))
  })

  test('makes nothing that a verifier would not read', async () => {
    await assert.rejects(signJws('', KEY), TypeError)
    await assert.rejects(signJws(new Uint8Array(), KEY), TypeError)
    await assert.rejects(signJws('x'.repeat(8_192), KEY), RangeError)
  })

  test('does not sign with a key for verifying', async () => {
    const k = SECRET.toString('base64url')
    const key = importKey({ kty: 'oct', alg: 'HS256', k, key_ops: ['verify'] })
    await assert.rejects(signJws('x', key), TypeError)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CLAIMS, forge, KEY, NOW, OPTIONS, SECRET } from '../test/forge.ts'
import type { TokenReason } from './errors.ts'
import { importKey } from './import-key.ts'
import { KeyRing } from './keyring.ts'
import type { VerifyOptions } from './options.ts'
import { createVerifier } from './verifier.ts'
import { verifyJws, verifyToken } from './verify.ts'

const refuses = async (token: string, reason: TokenReason, options: VerifyOptions = OPTIONS) => {
  await assert.rejects(verifyToken(token, KEY, options), { name: 'TokenError', reason })
}

describe('verifyJws', () => {
  test('gives bytes that are nobody else’s, whatever they are', async () => {
    const payload = new Uint8Array([0, 255, 10, 13])
    const jws = await verifyJws(forge({ payload }), KEY)
    assert.deepEqual(jws.payload, payload)
    assert.equal(jws.payload.buffer.byteLength, 4)
  })
})

test('A-23 a signature of any other length is refused and throws nothing else', async () => {
  const [header, payload, signature] = forge().split('.') as [string, string, string]
  const bytes = Buffer.from(signature, 'base64url')
  for (let length = 1; length <= 128; length++) {
    if (length === 32) continue
    const other = Buffer.concat([bytes, bytes, bytes, bytes]).subarray(0, length)
    await refuses(`${header}.${payload}.${other.toString('base64url')}`, 'bad_signature')
  }
})

describe('typ', () => {
  const check = (typ: string | undefined, wanted: string) =>
    verifyToken(forge({ header: { alg: 'HS256', typ } }), KEY, { ...OPTIONS, typ: wanted })

  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt']) {
    test(`C-09 ${typ} is at+jwt`, async () => {
      assert.deepEqual(await check(typ, 'at+jwt'), CLAIMS)
      assert.deepEqual(await check(typ, 'application/AT+jwt'), CLAIMS)
    })
  }
  for (const typ of [undefined, '', 'JWT', 'at+jwt ', 'use+jwt', 'text/at+jwt', 'at']) {
    test(`C-09 ${typ} is not at+jwt`, async () => {
      await assert.rejects(check(typ, 'at+jwt'), { reason: 'wrong_type' })
    })
  }
})

describe('The first thing that is wrong is what is reported', () => {
  const key = importKey({ secret: SECRET, alg: 'HS256', kid: 'a' })
  const rows: readonly [name: string, header: object, secret: string, reason: TokenReason][] = [
    ['shape before key', { alg: 'none', kid: 'b', crit: [] }, 'x', 'malformed'],
    ['key before algorithm', { alg: 'none', kid: 'b' }, 'x', 'unknown_key'],
    ['algorithm before signature', { alg: 'none', kid: 'a' }, 'x', 'alg_not_allowed'],
    ['signature before claims', { alg: 'HS256', kid: 'a' }, 'x', 'bad_signature'],
    ['type before claims', { alg: 'HS256', kid: 'a' }, SECRET.toString(), 'wrong_type'],
  ]
  for (const [name, header, secret, reason] of rows) {
    test(name, async () => {
      const token = forge({ header, secret, payload: { exp: 0 } })
      const options = { ...OPTIONS, typ: 'JWT' }
      await assert.rejects(verifyToken(token, new KeyRing(key), options), { reason })
    })
  }
})

describe('C-06 a mistake in the options is no verdict about a token', () => {
  const seconds = [Number.NaN, Infinity, -Infinity, -1, '5', null, true, [5], 253_402_300_800]
  const rows: readonly (readonly [option: string, values: readonly unknown[]])[] = [
    ['leewaySeconds', seconds],
    ['iatLeewaySeconds', seconds],
    ['maxLifetimeSeconds', seconds],
    ['clock', [...seconds.map((now) => () => now), NOW, undefined, null, () => NOW * 1000]],
    ['issuer', [undefined, null, '', 5, ['me'], /me/g]],
    ['audience', [null, '', 5, ['app'], /app/g]],
    ['typ', [null, '', 5, ['JWT'], /JWT/g]],
    ['requiredClaims', [null, 'sub', 5, new Set(['sub'])]],
  ]
  for (const [option, values] of rows) {
    test(option, async () => {
      for (const value of values) {
        const options = { ...OPTIONS, [option]: value } as VerifyOptions
        const isMistake = (error: unknown) =>
          error instanceof TypeError || error instanceof RangeError
        for (const token of [forge(), 'not a token']) {
          await assert.rejects(verifyToken(token, KEY, options), isMistake)
        }
        // A verifier is made at start, before there is a token.
        assert.throws(() => createVerifier(KEY, options), isMistake)
      }
    })
  }

  test('no options at all', async () => {
    await assert.rejects(verifyToken(forge(), KEY, undefined as never), TypeError)
    assert.throws(() => createVerifier(KEY, undefined as never), TypeError)
    await assert.rejects(verifyToken('x', [], OPTIONS), TypeError)
    await assert.rejects(verifyJws('x', undefined as never), TypeError)
  })
})

test('C-14 an issuer or audience is a string and never a pattern', async () => {
  for (const pattern of [/me/g, /^(a+)+$/]) {
    const issuer = { ...OPTIONS, issuer: pattern } as unknown as VerifyOptions
    const audience = { ...OPTIONS, audience: pattern } as unknown as VerifyOptions
    await assert.rejects(verifyToken(forge(), KEY, issuer), TypeError)
    await assert.rejects(verifyToken(forge(), KEY, audience), TypeError)
  }
})

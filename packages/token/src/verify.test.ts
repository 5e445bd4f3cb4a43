import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, test } from 'node:test'
import {
  CLAIMS,
  encode,
  forge,
  KEY,
  NOW,
  OPTIONS,
  readVector,
  SECRET,
  signText,
} from '../test/forge.ts'
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

describe('A-01 alg none, however it is written, is not allowed', () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', 'none ', 'non\u0435', 'nil', 'HS1']) {
    test(JSON.stringify(alg), async () => {
      const input = `${encode({ typ: 'JWT', alg })}.${encode(CLAIMS)}`
      await refuses(`${input}.`, 'alg_not_allowed')
      await refuses(signText(input), 'alg_not_allowed')
      await refuses(signText(input, ''), 'alg_not_allowed')
      // Without its last dot it is no JWS at all.
      await refuses(input, 'malformed')
    })
  }

  test('with NUL, which no text may hold', async () => {
    await refuses(forge({ header: { alg: 'none\0' } }), 'malformed')
  })
})

describe('A-03 a token signed with a public key as secret is refused', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const jwk = publicKey.export({ format: 'jwk' })
  const secrets = {
    'SPKI PEM': spki,
    'SPKI PEM without its last newline': spki.trimEnd(),
    'SPKI PEM with CRLF': spki.replaceAll('\n', '\r\n'),
    'PKCS#1 PEM': publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'SPKI DER': der,
    'the modulus': Buffer.from(jwk.n as string, 'base64url'),
    'the JWK': JSON.stringify(jwk),
    'the JWKS': JSON.stringify({ keys: [jwk] }),
    'base64 of DER': der.toString('base64'),
  }
  for (const [name, secret] of Object.entries(secrets)) {
    test(name, () => refuses(forge({ secret }), 'bad_signature'))
  }
})

describe('A-05 a key checks its own algorithm only', () => {
  const secret = Buffer.alloc(64, 7)
  const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }
  for (const [alg, hash] of Object.entries(hashes)) {
    test(alg, async () => {
      for (const other of [...Object.keys(hashes), 'RS256', 'ES256', 'hs256', 'HS256 ']) {
        const check = verifyToken(
          forge({ header: { alg: other }, secret, hash }),
          importKey({ secret, alg }),
          OPTIONS,
        )
        if (other === alg) assert.deepEqual(await check, CLAIMS)
        else await assert.rejects(check, { reason: 'alg_not_allowed' })
      }
    })
  }
})

describe('Keys that a token brings along are not used', () => {
  const k = Buffer.alloc(32, 1)
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = readVector('certificate.pem').replace(/-----.*-----|\n/g, '')
  const headers = {
    'A-06 a symmetric jwk': { jwk: { kty: 'oct', k: k.toString('base64url') } },
    'A-06 a public jwk': { jwk: publicKey.export({ format: 'jwk' }) },
    'A-08 x5c': { x5c: [certificate] },
  }
  for (const [name, header] of Object.entries(headers)) {
    test(name, async () => {
      await refuses(forge({ header: { alg: 'HS256', ...header }, secret: k }), 'bad_signature')
      // With our own signature they are just members that nobody reads.
      const token = forge({ header: { alg: 'HS256', ...header } })
      assert.deepEqual(await verifyToken(token, KEY, OPTIONS), CLAIMS)
    })
  }

  test('A-07 jku and x5u are never fetched', async (t) => {
    let connections = 0
    const server = createServer(() => connections++).listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
    for (const member of ['jku', 'x5u']) {
      for (const secret of [k, SECRET]) {
        const token = forge({ header: { alg: 'HS256', [member]: url }, secret })
        await verifyToken(token, KEY, OPTIONS).catch(() => undefined)
        if (secret === k) await refuses(token, 'bad_signature')
      }
    }
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(connections, 0)
  })
})

test('A-12 a token signed with the empty key is refused', async () => {
  await refuses(forge({ secret: '' }), 'bad_signature')
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

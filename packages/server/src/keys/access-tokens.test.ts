import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  type Claims,
  decodeUnverified,
  generateKey,
  importKey,
  type Key,
  KeyRing,
  publicJwk,
  publicJwks,
  signToken,
  TokenError,
  type TokenReason,
} from '@jotter/token'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { type AccessTokenDeps, accessLives, accessTokens } from './access-tokens.ts'
import { fixedKeys } from './token-keys.ts'

const NOW = 1_500_000_000_000
const ISSUER = 'https://tokens.example'
const USER = '01900000-0000-7000-8000-000000000001'
const SID = '01900000-0000-7000-8000-000000000002'
const SECRET = 's'.repeat(32)
const MONTH = 30 * 86_400

const ES256 = await generateKey('ES256')
const HS256 = importKey({ secret: SECRET, alg: 'HS256' })
const GRANT = { userId: USER, sid: SID, lifeSeconds: 900 }

function open(key: Key, change: Partial<AccessTokenDeps> = {}) {
  const ring = new KeyRing(key)
  const clock = { at: NOW }
  const tokens = accessTokens({
    keys: fixedKeys(ring),
    issuer: () => ISSUER,
    audience: undefined,
    longestLifeSeconds: MONTH,
    now: () => clock.at,
    ...change,
  })
  return { ...tokens, clock }
}

const refused = (reason: TokenReason, text?: string) => (error: unknown) => {
  assert.ok(error instanceof TokenError, String(error))
  assert.equal(error.reason, reason)
  if (text !== undefined) assert.equal(error.message, text)
  return true
}

describe('a token', () => {
  test('says what RFC 9068 and S3 want, and nothing else', async () => {
    const { mint } = open(ES256)
    const { token, jti, expiresAt } = await mint(GRANT)
    const { header, payload } = decodeUnverified(token)
    const exp = NOW / 1000 + 900
    assert.deepEqual(header, { typ: 'at+jwt', alg: 'ES256', kid: ES256.kid })
    assert.deepEqual(Object.entries(payload ?? {}), [
      ['exp', exp],
      ['iat', NOW / 1000],
      ['sub', USER],
      ['iss', ISSUER],
      ['aud', ISSUER],
      ['client_id', 'jotter'],
      ['jti', jti],
      ['sid', SID],
    ])
    assert.equal(expiresAt, exp * 1000)
    assert.match(jti, /^[\da-f]{8}-[\da-f]{4}-7/)
  })

  test('item 41: comes back as the user it was made for, signed either way', async () => {
    for (const key of [ES256, HS256]) {
      const { mint, verify } = open(key)
      const { token, jti } = await mint(GRANT)
      const { sub, sid, jti: verified } = await verify(token)
      assert.deepEqual([sub, sid, verified], [USER, SID, jti])
    }
  })

  test('is made for AUDIENCE where there is one', async () => {
    const { mint, verify } = open(ES256, { audience: 'urn:example:api' })
    const { token } = await mint(GRANT)
    assert.equal((await verify(token)).aud, 'urn:example:api')
    await assert.rejects(open(ES256).verify(token), refused('wrong_audience'))
  })

  test('is made at the moment that is given, cut to whole seconds', async () => {
    const { mint, verify } = open(ES256)
    const { token, expiresAt } = await mint({ ...GRANT, now: NOW - 1 })
    assert.equal((await verify(token)).iat, NOW / 1000 - 1)
    assert.equal(expiresAt, NOW - 1000 + 900_000)
  })

  test('is good at once on a node whose clock is behind, and lives no longer there', async () => {
    const { mint, verify } = open(ES256)
    const { token } = await mint({ ...GRANT, now: NOW + 60_000 })
    assert.equal((await verify(token)).iat, NOW / 1000 + 60)
  })

  test('is never one that would be refused for its life', async () => {
    const { mint } = open(ES256)
    for (const lifeSeconds of [0, -1, 0.5, MONTH + 1, Number.NaN, Infinity]) {
      await assert.rejects(mint({ ...GRANT, lifeSeconds }), RangeError, String(lifeSeconds))
    }
    assert.equal((await mint({ ...GRANT, lifeSeconds: MONTH })).expiresAt, NOW + MONTH * 1000)
  })

  test('C-10 two of one moment are told apart by their jti', async () => {
    const { mint } = open(HS256)
    assert.notEqual((await mint(GRANT)).jti, (await mint(GRANT)).jti)
  })
})

describe('other libraries take it', () => {
  const options = {
    issuer: ISSUER,
    audience: ISSUER,
    typ: 'at+jwt',
    currentDate: new Date(NOW),
  }
  for (const alg of ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256', 'ML-DSA-44']) {
    test(`jose with the public keys, ${alg}`, async () => {
      const key = await generateKey(alg)
      const { token } = await open(key).mint(GRANT)
      const { payload } = await jwtVerify(
        token,
        createLocalJWKSet(publicJwks(key) as never),
        options,
      )
      assert.equal(payload.sub, USER)
    })
  }

  test('jose with the secret', async () => {
    const { token } = await open(HS256).mint(GRANT)
    const key = new TextEncoder().encode(SECRET)
    const { payload } = await jwtVerify(token, key, { ...options, algorithms: ['HS256'] })
    assert.equal(payload.sid, SID)
  })
})

/** Claims that `verify` takes. */
const GOOD: Claims = {
  exp: NOW / 1000 + 900,
  iat: NOW / 1000,
  sub: USER,
  iss: ISSUER,
  aud: ISSUER,
  client_id: 'jotter',
  jti: 'a',
  sid: SID,
}
const signed = (claims: Claims, key = ES256, typ = 'at+jwt') => signToken(claims, key, { typ })

describe('what is demanded', () => {
  test('is there', async () => {
    assert.deepEqual(await open(ES256).verify(await signed(GOOD)), GOOD)
  })

  test('C-09 the type, also with application/ and in capitals', async () => {
    for (const typ of ['application/at+jwt', 'AT+JWT', 'Application/AT+jwt']) {
      assert.deepEqual(await open(ES256).verify(await signed(GOOD, ES256, typ)), GOOD, typ)
    }
    for (const typ of ['JWT', 'use+jwt', 'rt+jwt', 'application/jwt', 'at+jwt ', 'at']) {
      await assert.rejects(
        open(ES256).verify(await signed(GOOD, ES256, typ)),
        refused('wrong_type'),
        typ,
      )
    }
  })

  for (const claim of ['exp', 'iat', 'sub', 'iss', 'aud', 'client_id', 'jti', 'sid']) {
    test(`C-05 the claim ${claim}`, async () => {
      const token = await signed({ ...GOOD, [claim]: undefined })
      const text = `Token is missing the "${claim}" claim`
      await assert.rejects(open(ES256).verify(token), refused('missing_claim', text))
    })
  }

  const T = NOW / 1000
  const rows: readonly (readonly [name: string, change: Claims, reason: TokenReason])[] = [
    ['C-01 exp in the past', { exp: T - 1, iat: T - 2 }, 'expired'],
    ['C-01 exp at this moment', { exp: T, iat: T - 2 }, 'expired'],
    ['C-02 nbf in a second', { nbf: T + 1 }, 'not_yet_valid'],
    ['C-03 iat in more than a minute', { iat: T + 61 }, 'not_yet_valid'],
    ['C-03 iat 0', { iat: 0 }, 'invalid_claim'],
    ['C-04 exp as text', { exp: String(T + 900) as never }, 'invalid_claim'],
    ['C-05 a life that none has', { exp: T + MONTH + 1 }, 'lifetime_too_long'],
    ['C-05 milliseconds', { exp: T * 1000, iat: T }, 'invalid_claim'],
    ['C-07 iss of another', { iss: 'https://evil.example' }, 'wrong_issuer'],
    ['C-07 iss with a slash', { iss: `${ISSUER}/` }, 'wrong_issuer'],
    ['C-07 iss in capitals', { iss: ISSUER.toUpperCase() }, 'wrong_issuer'],
    ['C-07 iss as a list', { iss: [ISSUER, 'evil'] as never }, 'wrong_issuer'],
    ['C-08 aud of another', { aud: 'app' }, 'wrong_audience'],
    ['C-08 aud of nobody', { aud: [] }, 'wrong_audience'],
    ['C-08 aud that only begins so', { aud: `${ISSUER}2` }, 'wrong_audience'],
    ['C-08 aud with a number', { aud: [ISSUER, 5] as never }, 'invalid_claim'],
    ['item 50: sub as a number', { sub: 7 as never }, 'invalid_claim'],
    ['sid as a number', { sid: 7 }, 'invalid_claim'],
    ['jti as a number', { jti: 7 as never }, 'invalid_claim'],
    ['C-09 client_id of a machine', { client_id: 'machine' }, 'invalid_claim'],
    ['C-09 client_id as a list', { client_id: ['jotter'] }, 'invalid_claim'],
  ]
  for (const [name, change, reason] of rows) {
    test(`and not ${name}`, async () => {
      const token = await signed({ ...GOOD, ...change })
      await assert.rejects(open(ES256).verify(token), refused(reason))
    })
  }

  test('C-08 aud may name others too', async () => {
    const token = await signed({ ...GOOD, aud: ['app', ISSUER] })
    assert.equal((await open(ES256).verify(token)).sub, USER)
  })

  test('C-01 at exp itself it is dead, a millisecond before it lives', async () => {
    const { mint, verify, clock } = open(ES256)
    const { token, expiresAt } = await mint(GRANT)
    clock.at = expiresAt - 1
    assert.equal((await verify(token)).sub, USER)
    clock.at = expiresAt
    await assert.rejects(verify(token), refused('expired', 'Signature has expired'))
  })
})

describe('what signs', () => {
  const [header, payload] = ['{"typ":"at+jwt","alg":"none"}', JSON.stringify(GOOD)].map((text) =>
    Buffer.from(text).toString('base64url'),
  )

  test('A-01 is never nothing', async () => {
    for (const key of [ES256, HS256]) {
      await assert.rejects(open(key).verify(`${header}.${payload}.`), refused('alg_not_allowed'))
      await assert.rejects(open(key).verify(`${header}.${payload}`), refused('malformed'))
    }
  })

  test('A-03 is never the public key as a secret', async () => {
    const pem = ES256.keyObject.export({ type: 'spki', format: 'der' })
    const jwk = JSON.stringify(publicJwk(ES256))
    for (const secret of [pem, Buffer.from(jwk), Buffer.from(publicJwk(ES256).x as string)]) {
      // By hand: our own import does not take it as a secret.
      const head = JSON.stringify({ typ: 'at+jwt', alg: 'HS256', kid: ES256.kid })
      const input = `${Buffer.from(head).toString('base64url')}.${payload}`
      const signature = createHmac('sha256', secret).update(input).digest('base64url')
      await assert.rejects(open(ES256).verify(`${input}.${signature}`), refused('alg_not_allowed'))
    }
  })

  test('C-10 is not another key of the same name', async () => {
    const other = await generateKey('ES256', { kid: ES256.kid })
    await assert.rejects(open(ES256).verify(await signed(GOOD, other)), refused('bad_signature'))
  })

  test('A-11 is not a key that nobody knows here', async () => {
    const other = await generateKey('ES256')
    await assert.rejects(open(ES256).verify(await signed(GOOD, other)), refused('unknown_key'))
  })

  test('is not another secret', async () => {
    const other = importKey({ secret: 't'.repeat(32), alg: 'HS256' })
    await assert.rejects(open(HS256).verify(await signed(GOOD, other)), refused('bad_signature'))
  })
})

test('C-13 what was verified once is looked at again: the time, and whether its key is there', async () => {
  let ring = new KeyRing(ES256)
  const { mint, verify, clock } = open(ES256, {
    keys: { ...fixedKeys(ring), ring: () => ring, verifying: () => ring.keys },
  })
  const { token, expiresAt } = await mint(GRANT)
  await verify(token)
  ring = new KeyRing(await generateKey('ES256'), [importKey(publicJwk(ES256) as never)])
  assert.equal((await verify(token)).sub, USER)
  ring = new KeyRing(ring.active)
  await assert.rejects(verify(token), refused('unknown_key'))
  ring = new KeyRing(ES256)
  await verify(token)
  clock.at = expiresAt
  await assert.rejects(verify(token), refused('expired'))
})

test('item 37: days and seconds add up, and no life is longer than the longest', () => {
  const settings = { TOKEN_EXPIRATION_DAYS: 1, TOKEN_EXPIRATION_SECONDS: 5 }
  assert.deepEqual(accessLives({ ...settings, ACCESS_TOKEN_SECONDS: 900 }), {
    login: 86_405,
    token: 900,
    longest: 86_405,
  })
  const brief = { TOKEN_EXPIRATION_DAYS: 0, TOKEN_EXPIRATION_SECONDS: 3 }
  assert.equal(accessLives({ ...brief, ACCESS_TOKEN_SECONDS: 900 }).longest, 900)
})

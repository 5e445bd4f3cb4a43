/** Holds the package to `jose`, an implementation by other people. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CompactSign, compactVerify, importJWK, jwtVerify, SignJWT } from 'jose'
import { CLAIMS, forge, NOW, OPTIONS, SECRET } from '../test/forge.ts'
import { PAIRS } from '../test/pairs.ts'
import { importKey } from './import-key.ts'
import { signJws, signToken } from './sign.ts'
import { verifyJws, verifyToken } from './verify.ts'

const JOSE = { issuer: 'me', audience: 'app', currentDate: new Date(NOW * 1000) }
const claims = fc
  .dictionary(fc.stringMatching(/^x[a-z]{1,9}$/), fc.oneof(fc.string(), fc.maxSafeInteger()), {
    noNullPrototype: true,
  })
  .map((more) => ({ ...CLAIMS, ...more }))
const kid = fc.option(fc.string({ minLength: 1 }), { nil: undefined })

const secrets = ['HS256', 'HS384', 'HS512'].map((alg) => {
  const k = randomBytes(64).toString('base64url')
  return { alg, privateJwk: { kty: 'oct', alg, k }, publicJwk: { kty: 'oct', alg, k } }
})

for (const { alg, privateJwk, publicJwk } of [...secrets, ...PAIRS]) {
  describe(alg, async () => {
    const ours = importKey(publicJwk)
    const [theirs, theirPublic] = await Promise.all([importJWK(privateJwk), importJWK(publicJwk)])
    // Each run of a slow algorithm takes milliseconds.
    const runs = { numRuns: ours.kty === 'oct' ? 100 : 20 }

    test('jose accepts what is signed here', async () => {
      await fc.assert(
        fc.asyncProperty(claims, kid, async (claims, kid) => {
          const token = await signToken(claims, importKey({ ...privateJwk, ...(kid && { kid }) }))
          const { payload, protectedHeader } = await jwtVerify(token, theirPublic, JOSE)
          assert.deepEqual(payload, claims)
          assert.deepEqual(protectedHeader, { typ: 'JWT', alg, ...(kid && { kid }) })
        }),
        runs,
      )
    })

    test('what jose signs is accepted here', async () => {
      await fc.assert(
        fc.asyncProperty(claims, kid, async (claims, kid) => {
          const header = { alg, typ: 'JWT', ...(kid && { kid }) }
          const token = await new SignJWT(claims).setProtectedHeader(header).sign(theirs)
          assert.deepEqual(await verifyToken(token, ours, { ...OPTIONS, typ: 'JWT' }), claims)
        }),
        runs,
      )
    })

    test('bytes go both ways', async () => {
      const key = importKey(privateJwk)
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1 }), async (bytes) => {
          const token = await new CompactSign(bytes).setProtectedHeader({ alg }).sign(theirs)
          assert.deepEqual((await verifyJws(token, ours)).payload, bytes)
          const back = await compactVerify(await signJws(bytes, key), theirPublic)
          assert.deepEqual(Buffer.from(back.payload), Buffer.from(bytes))
        }),
        runs,
      )
    })
  })
}

test('nothing is accepted here that jose refuses', async () => {
  // Mostly right, so that many tokens are wrong in one place only and some in none.
  const mostly = (right: unknown, ...wrong: unknown[]) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(right) }, fc.constantFrom(...wrong))
  const header = fc.record({
    alg: mostly('HS256', 'HS512', 'none', 5),
    typ: mostly('JWT', 'jwt', 'application/jwt', 'at+jwt', undefined),
    crit: mostly(undefined, [], ['exp'], ['b64']),
    b64: mostly(undefined, true, false),
  })
  const payload = fc.record({
    iss: mostly('me', 'Me', ['me'], 5, undefined),
    aud: mostly('app', ['app', 'x'], [], 'x', undefined),
    exp: mostly(NOW + 60, NOW - 1, NOW, NOW + 1, '1700000060', null, -1, undefined),
    nbf: mostly(undefined, NOW - 1, NOW, NOW + 1, '1700000060', null, 0),
    iat: mostly(NOW, NOW - 60, NOW + 60, 0, 'x', undefined),
    sub: mostly('a', '', 5, undefined),
  })
  const key = importKey({ secret: SECRET, alg: 'HS256' })
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(header, payload, async (header, payload) => {
      const token = forge({ header, payload })
      const isOurs = await verifyToken(token, key, { ...OPTIONS, typ: 'JWT' }).then(
        () => true,
        () => false,
      )
      if (!isOurs) return
      accepted++
      await jwtVerify(token, SECRET, { ...JOSE, typ: 'JWT', algorithms: ['HS256'] })
    }),
    { numRuns: 3_000 },
  )
  assert.ok(accepted > 200, `only ${accepted} tokens were accepted`)
})

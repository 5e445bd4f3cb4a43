/** Who may pass the gate: its time, its use, its revocation, its client (C-09, C-13, C-15). */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { generateKey, importKey, signToken } from '@jotter/token'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { temporaryFile } from '../../stores/open.ts'
import { CLIENT_KEY, claimsOf, logIn, register, send } from '../../support/machines.ts'
import { ADMIN_KEY, NOW, startTestService, type TestService } from '../../support/service.ts'

const MEMORY = { DATABASE_URL: 'memory:' }
const REVOKED = [403, 'The token has been revoked']

const answerOf = async (answer: Response) => [answer.status, await answer.text()]
const gate = async (jotter: TestService, token: string) => answerOf(await send(jotter, '/', token))
const statusOf = async (jotter: TestService, token: string) => (await gate(jotter, token))[0]

/** A service with one client whose tokens are good at once. */
async function open(t: { after: typeof after }, policy: object = {}, environment: object = MEMORY) {
  const jotter = await startTestService(t as never, { ...environment })
  await register(jotter, 'client', { not_before_seconds: 0, ...policy })
  return jotter
}

const change = ({ request }: TestService, method: string, body: object) =>
  request('/v1/clients/client', {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe('max_uses', () => {
  test('is how often a token passes, and not how often it is refused', async (t) => {
    const jotter = await open(t as never, { max_uses: 2, not_before_seconds: 10 })
    const token = await logIn(jotter)
    for (let i = 0; i < 3; i += 1) assert.equal(await statusOf(jotter, token), 403)
    jotter.clock.pass(10)
    assert.deepEqual([await statusOf(jotter, token), await statusOf(jotter, token)], [200, 200])
    assert.deepEqual(await gate(jotter, token), [403, 'The token was used as often as it may be'])
    assert.equal(await statusOf(jotter, await logIn(jotter)), 403)
    jotter.clock.pass(10)
    assert.equal(await statusOf(jotter, token), 403)
  })

  test('of 100 at once lets exactly as many pass', async (t) => {
    const jotter = await open(t as never, { max_uses: 7 }, {})
    const token = await logIn(jotter)
    const all = await Promise.all(Array.from({ length: 100 }, () => statusOf(jotter, token)))
    assert.equal(all.filter((status) => status === 200).length, 7)
    assert.equal(all.filter((status) => status === 403).length, 93)
  })

  test('is that of the client as it is now', async (t) => {
    const jotter = await open(t as never, { max_uses: 1, lifetime_seconds: 60 })
    const token = await logIn(jotter)
    assert.equal(await statusOf(jotter, token), 200)
    assert.equal(await statusOf(jotter, token), 403)
    assert.equal((await change(jotter, 'PATCH', { max_uses: null })).status, 200)
    jotter.clock.pass(1)
    for (let i = 0; i < 3; i += 1) assert.equal(await statusOf(jotter, token), 200)
  })
})

describe('C-13, C-15 a token that has passed before', () => {
  test('does not once its client is disabled, half a second later at most', async (t) => {
    const jotter = await open(t as never)
    const token = await logIn(jotter)
    assert.equal(await statusOf(jotter, token), 200)
    assert.equal((await change(jotter, 'PATCH', { disabled: true })).status, 200)
    jotter.clock.at += 500
    assert.deepEqual(await gate(jotter, token), REVOKED)
    await change(jotter, 'PATCH', { disabled: false })
    jotter.clock.at += 500
    assert.equal(await statusOf(jotter, token), 200)
    const answer = await jotter.request('/v1/clients/client', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    })
    assert.ok(answer.ok)
    jotter.clock.at += 500
    assert.deepEqual(await gate(jotter, token), REVOKED)
  })

  for (const kind of ['jti', 'sub'] as const) {
    test(`does not once its ${kind} is revoked`, async (t) => {
      const jotter = await open(t as never, {}, {})
      const token = await logIn(jotter)
      assert.equal(await statusOf(jotter, token), 200)
      const { jti = '', sub = '', iat = 0 } = claimsOf(token)
      const { revocations } = await jotter.stores()
      await revocations.insert({
        kind,
        value: kind === 'jti' ? jti : sub,
        notBefore: kind === 'jti' ? undefined : iat + 1,
        revokedAt: NOW,
        expiresAt: NOW + 60_000,
      })
      // The service reads what others revoke four times a second.
      for (let i = 0; (await statusOf(jotter, token)) === 200; i += 1) assert.ok(i < 1_000)
      assert.deepEqual(await gate(jotter, token), REVOKED)
    })
  }

  test('does not once its time is over', async (t) => {
    const jotter = await open(t as never)
    const token = await logIn(jotter)
    assert.equal(await statusOf(jotter, token), 200)
    jotter.clock.pass(30)
    assert.deepEqual(await gate(jotter, token), [403, 'Signature has expired'])
  })
})

test('a token of a client that was deleted is none of the client that has its id next', async (t) => {
  const jotter = await open(t as never, { lifetime_seconds: 3600 })
  const token = await logIn(jotter)
  assert.equal(await statusOf(jotter, token), 200)
  const authorization = `Bearer ${ADMIN_KEY}`
  await jotter.request('/v1/clients/client', { method: 'DELETE', headers: { authorization } })
  jotter.clock.pass(6)
  await register(jotter, 'client', { not_before_seconds: 0 })
  assert.deepEqual(await gate(jotter, token), REVOKED)
  assert.equal(await statusOf(jotter, await logIn(jotter)), 200)
  // As on a node whose clock is behind that of the one where it was registered.
  jotter.clock.pass(-4)
  assert.equal(await statusOf(jotter, await logIn(jotter)), 200)
})

describe('item 63: what is no use token of this service', async () => {
  const jotter = await open({ after })
  const other = await open({ after })
  const token = await logIn(jotter)
  const [header = '', payload = '', signature = ''] = token.split('.')

  test('one of another service', async () => {
    assert.deepEqual(await gate(jotter, await logIn(other)), [
      403,
      'The token names an unknown key',
    ])
  })

  test('one that the client has made itself', async () => {
    const made = await signToken(claimsOf(token), CLIENT_KEY, { typ: 'use+jwt' })
    assert.equal(await statusOf(jotter, made), 403)
    const stolen = importKey({
      ...CLIENT_KEY.keyObject.export({ format: 'jwk' }),
      alg: 'RS256',
    } as never)
    assert.equal(stolen.signs, false)
  })

  test('one of another pair that has the name of our key', async () => {
    const kid = JSON.parse(Buffer.from(header, 'base64url').toString()).kid
    const forger = await generateKey('RS256', { kid })
    const made = await signToken(claimsOf(token), forger, { typ: 'use+jwt' })
    assert.deepEqual(await gate(jotter, made), [403, 'Signature verification failed'])
  })

  test('one whose claims were changed', async () => {
    const claims = { ...claimsOf(token), exp: NOW / 1000 + 9_999 }
    const other = Buffer.from(JSON.stringify(claims)).toString('base64url')
    assert.deepEqual(await gate(jotter, `${header}.${other}.${signature}`), [
      403,
      'Signature verification failed',
    ])
    for (const cut of [signature.slice(0, -1), signature.slice(1), '']) {
      assert.equal(await statusOf(jotter, `${header}.${payload}.${cut}`), 403)
    }
  })
})

test('others check a use token with the public keys, whatever signs user tokens', async (t) => {
  const secret = { ...MEMORY, SECRET_KEY: 's'.repeat(32) }
  for (const environment of [MEMORY, secret]) {
    const jotter = await open(t as never, {}, environment)
    const token = await logIn(jotter)
    const jwks = await (await jotter.get('/.well-known/jwks.json')).json()
    const options = { typ: 'use+jwt', issuer: jotter.address, currentDate: new Date(NOW) }
    const { payload } = await jwtVerify(token, createLocalJWKSet(jwks as never), options)
    assert.equal(payload.sub, 'client')
  }
})

for (const alg of ['ES256', 'EdDSA', 'PS256', 'ML-DSA-44']) {
  test(`MACHINE_ALG ${alg} signs what the gate takes, also after a restart`, async (t) => {
    using file = temporaryFile()
    const environment = {
      DATABASE_URL: `sqlite:${file.path}`,
      JOTTER_MASTER_KEY: 'm'.repeat(32),
      JOTTER_ISSUER: 'https://tokens.example',
    }
    const first = await open(t as never, {}, { ...environment, JOTTER_MACHINE_ALG: alg })
    const token = await logIn(first)
    assert.equal(await statusOf(first, token), 200)
    await first.stop()
    const second = await startTestService(t as never, environment)
    assert.equal(await statusOf(second, token), 200)
    const next = await logIn(second)
    assert.equal(await statusOf(second, next), 200)
  })
}

test('GATE_LINES_FILE is what is said, also beyond ASCII', async (t) => {
  using file = temporaryFile()
  const lines = join(file.path, '../lines.txt')
  writeFileSync(lines, '\n  Grüße, Zeit!  \r\n\n')
  const jotter = await open(t as never, {}, { ...MEMORY, JOTTER_GATE_LINES_FILE: lines })
  const answer = await send(jotter, '/', await logIn(jotter))
  assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal(await answer.text(), 'Grüße, Zeit!')
})

test('the first token of an empty database makes the key: those at once have one', async (t) => {
  const jotter = await open(t as never)
  const tokens = await Promise.all(Array.from({ length: 10 }, () => logIn(jotter)))
  const kids = tokens.map(
    (token) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid,
  )
  assert.equal(new Set(kids).size, 1)
  for (const token of tokens) assert.equal(await statusOf(jotter, token), 200)
})

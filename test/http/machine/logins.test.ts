/** Who is given a use token, and what the others are told (behaviour.md A3, security.md C-11, C-12). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type Claims, generateKey, publicJwk, thumbprint } from '@jotter/token'
import {
  CLIENT_KEY,
  claimsOf,
  logIn,
  register,
  requestToken,
  send,
} from '../../support/machines.ts'
import { ADMIN_KEY, NOW, PRODUCTION, startTestService } from '../../support/service.ts'

const T = NOW / 1000
const MEMORY = { DATABASE_URL: 'memory:' }

let jtis = 0
/** What a strict client says, to us and once. */
const whole = (audience: string, change: object = {}): Claims => {
  jtis += 1
  const claims = { iss: 'client', sub: 'client', aud: audience, exp: T + 60, jti: `jti ${jtis}` }
  return { ...claims, ...change }
}

const answerOf = async (answer: Response) => [answer.status, await answer.text()]

describe('a client that is not strict', async () => {
  const jotter = await startTestService({ after }, MEMORY)
  await register(jotter, 'client')
  const us = jotter.address
  const login = async (claims: Claims) =>
    answerOf(await send(jotter, '/login', await requestToken(claims)))

  const good: readonly (readonly [name: string, claims: Claims])[] = [
    ['iss alone, as in the document', { iss: 'client' }],
    ['the whole of RFC 7523', whole(us)],
    ['an exp in ten years', { iss: 'client', exp: T + 315_360_000 }],
    ['us among others', { iss: 'client', aud: ['other', us] }],
    ['a jti and an exp', { iss: 'client', jti: 'x', exp: T + 86_400 }],
    ['nbf and iat of now', { iss: 'client', nbf: T, iat: T }],
    ['any sub', { iss: 'client', sub: 'somebody' }],
  ]
  for (const [name, claims] of good) {
    test(`logs in with ${name}`, async () => {
      assert.equal((await login(claims))[0], 200)
    })
  }

  const bad: readonly (readonly [name: string, claims: Claims, sentence: string])[] = [
    ['exp now', { exp: T }, 'Signature has expired'],
    ['exp as text', { exp: String(T + 60) as never }, 'Invalid claim format in token'],
    ['nbf in a second', { nbf: T + 1 }, 'The token is not yet valid (nbf)'],
    ['iat in a second', { iat: T + 1 }, 'The token is not yet valid (iat)'],
    ['aud of another server', { aud: 'https://other.example' }, "Audience doesn't match"],
    ['aud of nobody', { aud: [] }, "Audience doesn't match"],
    ['aud with a slash more', { aud: `${us}/` }, "Audience doesn't match"],
    ['aud with the path', { aud: `${us}/login` }, "Audience doesn't match"],
    ['a jti without end', { jti: 'y' }, 'Token is missing the "exp" claim'],
    ['a jti for ever', { jti: 'y', exp: T + 86_401 }, 'The token is valid for too long'],
    ['a jti that is a number', { jti: 7 as never, exp: T + 60 }, 'Invalid claim format in token'],
  ]
  for (const [name, claims, sentence] of bad) {
    test(`is refused with ${name}`, async () => {
      assert.deepEqual(await login({ iss: 'client', ...claims }), [403, sentence])
    })
  }

  test('logs in again and again with a token that has no jti, and once with one that has', async () => {
    const open = await requestToken()
    for (let i = 0; i < 3; i += 1) assert.equal((await send(jotter, '/login', open)).status, 200)
    const once = await requestToken(whole(us))
    assert.equal((await send(jotter, '/login', once)).status, 200)
    const again = await answerOf(await send(jotter, '/login', once))
    assert.deepEqual(again, [403, 'The request token was used before'])
  })

  test('is told who it is by its key and not by its name', async () => {
    const other = await generateKey('RS256')
    await register(jotter, 'other', {}, other)
    for (const [iss, key] of [
      ['client', other],
      ['other', CLIENT_KEY],
    ] as const) {
      const answer = await send(jotter, '/login', await requestToken({ iss }, key))
      const expected = 'Signature verification failed'
      assert.deepEqual(await answerOf(answer), [403, expected])
    }
    assert.equal(claimsOf(await logIn(jotter, { iss: 'other' }, other)).sub, 'other')
  })
})

describe('C-11 a strict client', async () => {
  const jotter = await startTestService({ after }, MEMORY)
  await register(jotter, 'client', { strict: true })
  await register(jotter, 'other', {}, await generateKey('ES256'))
  const us = jotter.address
  const login = async (claims: Claims) =>
    answerOf(await send(jotter, '/login', await requestToken(claims)))

  test('logs in with everything that RFC 7523 asks for', async () => {
    assert.equal((await login(whole(us)))[0], 200)
    assert.equal((await login(whole(us, { aud: [us] })))[0], 200)
    assert.equal((await login(whole(us, { exp: T + 300 })))[0], 200)
    assert.equal((await login(whole(us, { iat: T, nbf: T })))[0], 200)
  })

  const subject = 'Invalid subject'
  const audience = "Audience doesn't match"
  const long = 'The token is valid for too long'
  const early = 'The token is not yet valid (iat)'
  const missing = (claim: string) => `Token is missing the "${claim}" claim`
  const rows: readonly (readonly [name: string, change: object, sentence: string])[] = [
    ['no exp', { exp: undefined }, missing('exp')],
    ['no aud', { aud: undefined }, missing('aud')],
    ['no sub', { sub: undefined }, missing('sub')],
    ['no jti', { jti: undefined }, missing('jti')],
    ['sub of another client', { sub: 'other' }, subject],
    ['sub in capitals', { sub: 'Client' }, subject],
    ['aud: the address of the route', { aud: `${us}/login` }, audience],
    ['aud: us and another', { aud: [us, 'https://other.example'] }, audience],
    ['aud: us twice', { aud: [us, us] }, audience],
    ['aud: another server', { aud: 'https://other.example' }, audience],
    ['aud: our host with another port', { aud: us.replace(/\d+$/, '1') }, audience],
    ['aud: nobody', { aud: [] }, audience],
    ['exp in 301 seconds', { exp: T + 301 }, long],
    ['exp in ten years', { exp: T + 315_360_000 }, long],
    ['exp in ten years, iat too', { exp: T + 315_360_000, iat: T + 315_359_999 }, early],
    ['exp now', { exp: T }, 'Signature has expired'],
  ]
  for (const [name, change, sentence] of rows) {
    test(`is refused with ${name}`, async () => {
      assert.deepEqual(await login(whole(us, change)), [403, sentence])
    })
  }

  test('with a refused token has not used up its jti', async () => {
    const claims = whole(us)
    assert.equal((await login({ ...claims, aud: 'other' }))[0], 403)
    assert.equal((await login(claims))[0], 200)
    assert.equal((await login(claims))[0], 403)
  })

  test('C-12 cannot use it again after its exp, nor does another client use up its jti', async () => {
    await register(jotter, 'third', { strict: true })
    const claims = whole(us)
    assert.equal((await login(claims))[0], 200)
    assert.equal((await login({ ...claims, iss: 'third', sub: 'third' }))[0], 200)
    const token = await requestToken(claims)
    jotter.clock.pass(60)
    const late = await answerOf(await send(jotter, '/login', token))
    jotter.clock.pass(-60)
    assert.deepEqual(late, [403, 'Signature has expired'])
  })
})

test('MACHINE_LEEWAY_SECONDS is how far a clock may be off, and the jti is remembered as long', async (t) => {
  const jotter = await startTestService(t, { ...MEMORY, JOTTER_MACHINE_LEEWAY_SECONDS: '5' })
  await register(jotter, 'client', { strict: true })
  const us = jotter.address
  const login = async (claims: Claims) =>
    (await send(jotter, '/login', await requestToken(claims))).status
  assert.equal(await login(whole(us, { exp: T + 305, iat: T + 5 })), 200)
  assert.equal(await login(whole(us, { exp: T + 306 })), 403)
  assert.equal(await login(whole(us, { iat: T + 6 })), 403)
  assert.equal(await login(whole(us, { exp: T - 5 })), 403)
  const late = whole(us, { exp: T - 4 })
  assert.equal(await login(late), 200)
  assert.equal(await login(late), 403)
})

test('in production clients are strict unless they say otherwise', async (t) => {
  const jotter = await startTestService(t, { ...PRODUCTION, ...MEMORY })
  await register(jotter, 'client')
  await register(jotter, 'lax', { strict: false })
  const login = async (claims: Claims) =>
    (await send(jotter, '/login', await requestToken(claims))).status
  assert.equal(await login({ iss: 'client' }), 403)
  assert.equal(await login(whole(jotter.address)), 200)
  assert.equal(await login({ iss: 'lax' }), 200)
})

test('C-11 a client that was disabled or removed is unknown, and comes back', async (t) => {
  const jotter = await startTestService(t, MEMORY)
  await register(jotter, 'client')
  const login = async () => (await send(jotter, '/login', await requestToken())).status
  const change = (method: string, body?: object) =>
    jotter.request('/v1/clients/client', {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  assert.equal(await login(), 200)
  assert.equal((await change('PATCH', { disabled: true })).status, 200)
  jotter.clock.pass(1)
  assert.equal(await login(), 401)
  assert.equal((await change('PATCH', { disabled: false })).status, 200)
  jotter.clock.pass(1)
  assert.equal(await login(), 200)
  assert.ok((await change('DELETE')).ok)
  jotter.clock.pass(1)
  assert.equal(await login(), 401)
})

test('a token that was good is refused a second after its key was removed', async (t) => {
  const jotter = await startTestService(t, MEMORY)
  await register(jotter, 'client')
  const token = await requestToken()
  const login = async () => answerOf(await send(jotter, '/login', token))
  for (let i = 0; i < 2; i += 1) assert.equal((await login())[0], 200)
  const { kid, ...jwk } = publicJwk(await generateKey('RS256'))
  const keys = '/v1/clients/client/keys'
  assert.equal((await jotter.post(keys, { jwk }, ADMIN_KEY)).status, 201)
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  const first = `${keys}/${thumbprint(CLIENT_KEY)}`
  assert.ok((await jotter.request(first, { method: 'DELETE', headers })).ok)
  jotter.clock.pass(1)
  assert.deepEqual(await login(), [403, 'Signature verification failed'])
})

describe('the policy of a client', async () => {
  const jotter = await startTestService({ after }, { ...MEMORY, JOTTER_AUDIENCE: 'urn:gate' })
  const windowOf = ({ nbf = 0, exp = 0 }: Claims) => [nbf - T, exp - T]

  test('is the window of its tokens', async () => {
    await register(jotter, 'slow', { not_before_seconds: 0, lifetime_seconds: 3600 })
    const token = await logIn(jotter, { iss: 'slow' })
    assert.deepEqual(windowOf(claimsOf(token)), [0, 3600])
    assert.equal((await send(jotter, '/', token)).status, 200)
  })

  test('is whom they are for: AUDIENCE, or somebody else, and then not this gate', async () => {
    await register(jotter, 'ours', { not_before_seconds: 0 })
    await register(jotter, 'theirs', { not_before_seconds: 0, audience: 'urn:reports' })
    const ours = await logIn(jotter, { iss: 'ours' })
    assert.equal(claimsOf(ours).aud, 'urn:gate')
    assert.equal((await send(jotter, '/', ours)).status, 200)
    const theirs = await logIn(jotter, { iss: 'theirs' })
    assert.equal(claimsOf(theirs).aud, 'urn:reports')
    const answer = await answerOf(await send(jotter, '/', theirs))
    assert.deepEqual(answer, [403, "Audience doesn't match"])
  })
})

/** What a login costs whoever guesses, and whoever may. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { generateKey, publicJwk } from '@jotter/token'
import { publicPem } from '../../../packages/server/src/public-key.ts'
import { CLIENT_KEY, logIn, register, requestToken, send } from '../../support/machines.ts'
import { ADMIN_KEY, startTestService, type TestService } from '../../support/service.ts'

const MEMORY = { DATABASE_URL: 'memory:' }

const login = async (jotter: TestService, iss: string, key = CLIENT_KEY) =>
  (await send(jotter, '/login', await requestToken({ iss }, key))).status

test('refused logins cost their address its budget; who is known there goes on', async (t) => {
  const jotter = await startTestService(t, { ...MEMORY, JOTTER_RATE_LIMIT_WRONG_KEY: '3/minute' })
  await register(jotter, 'client')
  await register(jotter, 'late')
  const forger = await generateKey('RS256')
  assert.equal(await login(jotter, 'client'), 200)
  assert.equal(await login(jotter, 'stranger'), 401)
  assert.equal(await login(jotter, 'client', forger), 403)
  assert.equal(await login(jotter, '../etc'), 401)
  assert.equal(await login(jotter, 'stranger'), 429)
  const limited = await send(jotter, '/login', await requestToken({ iss: 'late' }))
  assert.deepEqual([limited.status, limited.headers.get('content-type')], [429, 'text/plain'])
  assert.equal(await limited.text(), 'the limit "wrong_key" allows 3 in 60 s')
  assert.equal(limited.headers.get('retry-after'), '60')
  assert.equal(await login(jotter, 'client'), 200)
  jotter.clock.pass(60)
  assert.equal(await login(jotter, 'late'), 200)
})

test('whoever guesses with the name of a client that is known has no more tries for it', async (t) => {
  const jotter = await startTestService(t, {
    ...MEMORY,
    JOTTER_RATE_LIMIT_WRONG_KEY: '3/minute',
    JOTTER_TRUST_PROXY: '127.0.0.1',
  })
  await register(jotter, 'client')
  const from = async (address: string, key = CLIENT_KEY) => {
    const headers = { 'x-forwarded-for': address }
    const body = Buffer.from(await requestToken({ iss: 'client' }, key))
    return (await jotter.request('/login', { method: 'POST', headers, body })).status
  }
  const forger = await generateKey('RS256')
  assert.equal(await from('192.0.2.1'), 200)
  for (let i = 0; i < 3; i += 1) assert.equal(await from('192.0.2.2', forger), 403)
  // Refused before a signature is looked at: the right one is, too.
  assert.equal(await from('192.0.2.2', forger), 429)
  assert.equal(await from('192.0.2.2'), 429)
  assert.equal(await from('192.0.2.1'), 200)
})

test('what is no JWT and what is refused at the gate costs no budget', async (t) => {
  const jotter = await startTestService(t, { ...MEMORY, JOTTER_RATE_LIMIT_WRONG_KEY: '3/minute' })
  await register(jotter, 'client')
  const token = await logIn(jotter)
  for (let i = 0; i < 5; i += 1) {
    assert.equal((await send(jotter, '/login', 'token')).status, 400)
    assert.equal((await send(jotter, '/', token)).status, 403)
  }
  assert.equal(await login(jotter, 'stranger'), 401)
})

test('a client is given as many tokens as a key, whatever its address', async (t) => {
  const jotter = await startTestService(t, { ...MEMORY, JOTTER_RATE_LIMIT_KEY: '2/minute' })
  await register(jotter, 'client', { not_before_seconds: 0, max_uses: 9 })
  await register(jotter, 'other')
  const token = await logIn(jotter)
  assert.equal((await send(jotter, '/', token)).status, 200)
  assert.equal((await send(jotter, '/', token)).status, 429)
  assert.equal(await login(jotter, 'client'), 429)
  assert.equal(await login(jotter, 'other'), 200)
})

/** A key server as that of the document. */
async function startKeyServer(t: TestContext, answer: (identity: string) => [number, string]) {
  const server = createServer(({ url = '' }, response) => {
    const identity = new URL(url, 'http://localhost').searchParams.get('identity') ?? ''
    const [status, text] = answer(identity)
    response.writeHead(status).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/getkey`
}

test('item 57: with KEYSERVER_URL whoever it knows logs in, without being a client here', async (t) => {
  const answers: Record<string, [number, string]> = {
    remote: [200, publicPem(CLIENT_KEY)],
    'remote2@example': [200, publicPem(CLIENT_KEY)],
    broken: [500, 'no'],
    odd: [200, JSON.stringify(publicJwk(CLIENT_KEY))],
  }
  const url = await startKeyServer(t, (identity) => answers[identity] ?? [404, 'nobody'])
  const jotter = await startTestService(t, { ...MEMORY, KEYSERVER_URL: url })
  assert.equal(await login(jotter, 'remote'), 200)
  assert.equal(await login(jotter, 'remote2@example'), 200)
  assert.equal(await login(jotter, 'stranger'), 401)
  assert.equal(await login(jotter, 'remote', await generateKey('RS256')), 403)
  for (const name of ['broken', 'odd']) {
    const answer = await send(jotter, '/login', await requestToken({ iss: name }))
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1'])
    assert.equal(await answer.text(), 'The key server cannot answer now')
  }
  const token = await logIn(jotter, { iss: 'remote' })
  jotter.clock.pass(10)
  assert.equal((await send(jotter, '/', token)).status, 200)
})

test('a client here has its policy also beside a key server, and may be disabled', async (t) => {
  const url = await startKeyServer(t, () => [200, publicPem(CLIENT_KEY)])
  const jotter = await startTestService(t, { ...MEMORY, KEYSERVER_URL: url })
  await register(jotter, 'client', { not_before_seconds: 0, max_uses: 1 })
  const token = await logIn(jotter)
  assert.equal((await send(jotter, '/', token)).status, 200)
  assert.equal((await send(jotter, '/', token)).status, 403)
  const disabled = await jotter.request('/v1/clients/client', {
    method: 'PATCH',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: '{"disabled":true}',
  })
  assert.equal(disabled.status, 200)
  jotter.clock.pass(1)
  assert.equal(await login(jotter, 'client'), 401)
})

test('a key server that is not there is 503, never 401', async (t) => {
  const jotter = await startTestService(t, {
    ...MEMORY,
    KEYSERVER_URL: 'http://127.0.0.1:1/getkey',
  })
  const answer = await send(jotter, '/login', await requestToken())
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1'])
})

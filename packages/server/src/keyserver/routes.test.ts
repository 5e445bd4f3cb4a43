import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { after, test } from 'node:test'
import { json, refused, startClients } from '../../../../test/support/clients.ts'
import { keyPair } from '../../../../test/support/key-pairs.ts'

const { create, jotter, patch, post, remove } = await startClients({ after })
const { get, request } = jotter

const rsa = keyPair()
const p256 = keyPair('ec')
const asJwk = (path: string, accept = 'application/jwk+json') =>
  request(path, { headers: { accept } })

test('the key of a client is PEM, for anybody', async () => {
  const { id } = await create({ public_key: rsa.pem })
  const answer = await get(`/getkey?identity=${id}`)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const pem = await answer.text()
  assert.equal(pem, rsa.pem)
  assert.ok(createPublicKey(pem).equals(rsa.publicKey))
})

test('it is a JWK for who asks for one by name', async () => {
  const { id, client } = await create({ public_key: rsa.pem })
  const path = `/getkey?identity=${id}`
  for (const accept of ['application/jwk+json', 'application/jwk+json;q=0.5, */*']) {
    const answer = await asJwk(path, accept)
    assert.equal(answer.headers.get('content-type'), 'application/jwk+json')
    assert.deepEqual(await json(answer), client.keys[0]?.jwk)
  }
  for (const accept of ['*/*', 'text/html', 'text/plain, application/jwk+json;q=0.5']) {
    assert.equal((await asJwk(path, accept)).headers.get('content-type'), 'text/plain')
  }
})

test('of several keys it is the one registered last, or the one that kid names', async () => {
  const { id, path } = await create({ jwk: { ...rsa.jwk, kid: 'first' } })
  await post(`${path}/keys`, { jwk: { ...p256.jwk, kid: 'second' } })
  const kidOf = async (query = '') =>
    (await json<{ kid: string }>(await asJwk(`/getkey?identity=${id}${query}`))).kid
  assert.equal(await kidOf(), 'second')
  assert.equal(await kidOf('&kid=first'), 'first')
  await refused(get(`/getkey?identity=${id}&kid=third`), 404, 'client_key_not_found')
  await remove(`${path}/keys/second`)
  assert.equal(await kidOf(), 'first')
})

test('who is unknown, disabled or deleted is 404, from the next request on', async () => {
  const { id, path } = await create()
  const answer = () => get(`/getkey?identity=${id}`)
  await refused(get('/getkey?identity=nobody'), 404, 'client_not_found')
  await patch(path, { disabled: true })
  await refused(answer(), 404, 'client_not_found')
  await patch(path, { disabled: false })
  assert.equal((await answer()).status, 200)
  await remove(path)
  await refused(answer(), 404, 'client_not_found')
})

test('S-07: a name that nobody can have is 400', async () => {
  for (const name of [
    '',
    '..%2Fadmin',
    'client%00',
    'client%0a',
    'a%20b',
    'a'.repeat(129),
    '%C3%A9',
  ]) {
    await refused(get(`/getkey?identity=${name}`), 400, 'client_id_invalid')
  }
  for (const query of ['', '?identity=a&identity=b', '?name=a', '?identity=a&admin=1']) {
    await refused(get(`/getkey${query}`), 400, 'invalid_request')
  }
  assert.equal((await get('/getkey?identity=%F0')).status, 400)
})

test('other methods are 405', async () => {
  const answer = await request('/getkey?identity=a', { method: 'POST' })
  assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD'])
})

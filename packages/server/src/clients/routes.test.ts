import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { type Client, json, refused, startClients } from '../../../../test/support/clients.ts'
import { keyPair } from '../../../../test/support/key-pairs.ts'
import { CUSTOMER, NOW } from '../../../../test/support/service.ts'
import { uuidv7 } from '../uuid.ts'

const { create, foreignKey, get, jotter, patch, post, remove } = await startClients({ after })

const rsa = keyPair()
const p256 = keyPair('ec')
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/

test('a new client is answered with its defaults and its public key, and found again', async () => {
  const { id, path, answer, client } = await create({ public_key: rsa.pem })
  const [key, ...others] = client.keys
  assert.equal(answer.headers.get('location'), path)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.deepEqual(client, {
    id,
    customer_id: CUSTOMER.TELESIGN_CUSTOMER_ID,
    not_before_seconds: 10,
    lifetime_seconds: 30,
    max_uses: null,
    audience: null,
    strict: null,
    disabled: false,
    created_at: '2017-07-14T02:40:00.000Z',
    updated_at: '2017-07-14T02:40:00.000Z',
    keys: [key],
  })
  assert.deepEqual(others, [])
  assert.match(key?.kid ?? '', THUMBPRINT)
  assert.deepEqual(key, {
    kid: key?.kid,
    alg: 'RS256',
    created_at: '2017-07-14T02:40:00.000Z',
    jwk: { kty: 'RSA', n: rsa.jwk.n, e: 'AQAB', alg: 'RS256', use: 'sig', kid: key?.kid },
  })
  assert.deepEqual(await json(await get(path)), client)
  assert.deepEqual(await json(await get(`${path}/keys`)), { items: [key] })
})

test('every member of a policy is kept, and null is as if it were not there', async () => {
  const policy = {
    not_before_seconds: 0,
    lifetime_seconds: 86_400,
    max_uses: 1,
    audience: 'https://api.example.com/a?b#c',
    strict: true,
  }
  const { client } = await create({ public_key: rsa.pem, ...policy })
  const { client: open } = await create({
    jwk: p256.jwk,
    max_uses: null,
    audience: null,
    strict: null,
  })
  assert.deepEqual({ ...client, ...policy }, client)
  assert.deepEqual([open.max_uses, open.audience, open.strict], [null, null, null])
})

test('keys come as PEM, as JWK and as JWK Set, each with its kid and its one algorithm', async () => {
  const names = async (more: object) =>
    (await create(more)).client.keys.map(({ kid, alg }) => `${kid} ${alg}`)
  assert.deepEqual(await names({ jwk: { ...rsa.jwk, kid: 'a', alg: 'PS256' } }), ['a PS256'])
  const keys = [
    { ...p256.jwk, kid: 'b', use: 'sig', x5t: 'ignored' },
    { ...rsa.jwk, kid: 'a' },
    { ...keyPair('ed25519').jwk, kid: 'c:1@x' },
  ]
  const { client } = await create({ jwks: { keys } })
  assert.deepEqual(
    client.keys.map(({ kid, alg }) => `${kid} ${alg}`),
    ['b ES256', 'a RS256', 'c:1@x EdDSA'],
  )
  assert.ok(!JSON.stringify(client).includes('ignored'))
})

describe('an id', () => {
  for (const id of ['a', '7', 'A.b_c~d-e', 'urn:x:app1', 'app@project.example', 'a'.repeat(128)]) {
    test(`may be ${id.slice(0, 30)}, and stands in the address`, async () => {
      const answer = await post('/v1/clients', { id, public_key: rsa.pem })
      assert.equal(answer.status, 201)
      assert.equal(answer.headers.get('location'), `/v1/clients/${id}`)
      for (const path of [id, encodeURIComponent(id)]) {
        assert.equal((await json<Client>(await get(`/v1/clients/${path}`))).id, id)
      }
    })
  }

  for (const id of ['', '.', '..', '-a', '_a', 'a b', 'a/b', 'a?b', 'a#b', 'a%', 'é']) {
    test(`may not be ${JSON.stringify(id)}`, async () => {
      await refused(post('/v1/clients', { id, public_key: rsa.pem }), 400, 'client_id_invalid')
    })
  }

  test('may not be what the id of a user is, or will be', async () => {
    const answer = await post('/v1/users', {
      username: 'person',
      email: 'person@example.com',
      password: 'correct horse',
    })
    const { id } = await json<{ id: string }>(answer)
    for (const name of [id, id.toUpperCase(), uuidv7(NOW)]) {
      const client = post('/v1/clients', { id: name, public_key: rsa.pem })
      await refused(client, 400, 'client_id_invalid')
      await refused(get(`/getkey?identity=${name}`), 400, 'client_id_invalid')
    }
    const random = { id: randomUUID(), public_key: rsa.pem }
    assert.equal((await post('/v1/clients', random)).status, 201)
  })

  test('may not be longer than 128 characters, nor anything but text', async () => {
    const id = 'a'.repeat(129)
    await refused(post('/v1/clients', { id, public_key: rsa.pem }), 400, 'client_id_invalid')
    for (const other of [7, null, ['a'], { a: 1 }]) {
      const body = { id: other, public_key: rsa.pem }
      const { errors } = await refused(post('/v1/clients', body), 400, 'invalid_request')
      assert.deepEqual(
        errors?.map(({ pointer }) => pointer),
        ['/id'],
      )
    }
  })

  test('is of one client, also beside another customer', async () => {
    const { id, client, path } = await create()
    const other = { id, public_key: p256.pem }
    await refused(post('/v1/clients', other), 409, 'client_exists')
    const foreign = await foreignKey()
    await refused(post('/v1/clients', other, foreign), 409, 'client_exists')
    assert.deepEqual(await json(await get(path)), client)
  })
})

describe('a change', () => {
  test('is of what is named, and shows in the answer and later', async () => {
    const policy = { audience: 'a', max_uses: 3, strict: true }
    const { path, client } = await create({ public_key: rsa.pem, ...policy })
    jotter.clock.pass(5)
    const answer = await patch(path, { disabled: true, max_uses: null, lifetime_seconds: 40 })
    assert.equal(answer.status, 200)
    const changed = await json<Client>(answer)
    assert.deepEqual(changed, {
      ...client,
      disabled: true,
      max_uses: null,
      lifetime_seconds: 40,
      updated_at: new Date(jotter.clock.at).toISOString(),
    })
    assert.deepEqual(await json(await get(path)), changed)
    assert.equal((await json<Client>(await patch(path, { disabled: false }))).disabled, false)
  })

  for (const body of [
    { not_before_seconds: 30 },
    { lifetime_seconds: 10 },
    { not_before_seconds: 5, lifetime_seconds: 5 },
  ]) {
    test(`to ${JSON.stringify(body)} would end the token before it begins`, async () => {
      const { path, client } = await create()
      const { errors } = await refused(patch(path, body), 400, 'invalid_request')
      assert.deepEqual(
        errors?.map(({ pointer }) => pointer),
        ['/not_before_seconds'],
      )
      assert.deepEqual(await json(await get(path)), client)
    })
  }

  for (const [member, value] of [
    ['id', 'other'],
    ['customer_id', 'other'],
    ['keys', []],
    ['public_key', rsa.pem],
    ['created_at', '2017-07-14T02:40:00.000Z'],
    ['not_before_seconds', -1],
    ['not_before_seconds', 86_400],
    ['not_before_seconds', 1.5],
    ['not_before_seconds', '1'],
    ['lifetime_seconds', 0],
    ['lifetime_seconds', 86_401],
    ['lifetime_seconds', null],
    ['max_uses', 0],
    ['max_uses', 1_000_001],
    ['audience', ''],
    ['audience', 'a b'],
    ['audience', 'a'.repeat(256)],
    ['audience', ['a']],
    ['strict', 'true'],
    ['disabled', null],
    ['admin', true],
  ] as const) {
    test(`D-12: ${member} cannot become ${JSON.stringify(value).slice(0, 30)}`, async () => {
      const { path, client } = await create()
      const { errors } = await refused(patch(path, { [member]: value }), 400, 'invalid_request')
      assert.deepEqual(
        errors?.map(({ pointer }) => pointer),
        [`/${member}`],
      )
      assert.deepEqual(await json(await get(path)), client)
    })
  }

  test('D-12: what no client has is refused when it is made, too', async () => {
    for (const member of ['disabled', 'customer_id', 'created_at', 'secret', 'jwks_url']) {
      const body = { id: 'refused', public_key: rsa.pem, [member]: 'x' }
      const { errors } = await refused(post('/v1/clients', body), 400, 'invalid_request')
      assert.deepEqual(
        errors?.map(({ pointer }) => pointer),
        [`/${member}`],
      )
    }
    await refused(get('/v1/clients/refused'), 404, 'client_not_found')
  })
})

test('a client that is deleted is gone, and its id is free', async () => {
  const { id, path } = await create()
  assert.equal((await remove(path)).status, 204)
  await refused(get(path), 404, 'client_not_found')
  await refused(remove(path), 404, 'client_not_found')
  assert.equal((await post('/v1/clients', { id, public_key: rsa.pem })).status, 201)
})

test('what nobody made is 404, whatever its name', async () => {
  for (const id of ['nobody', 'a%00b', "' OR 1=1--", 'a%2Fb', 'constructor']) {
    const path = `/v1/clients/${id}`
    await refused(get(path), 404, 'client_not_found')
    await refused(patch(path, { disabled: true }), 404, 'client_not_found')
    await refused(remove(path), 404, 'client_not_found')
    await refused(post(`${path}/keys`, { public_key: rsa.pem }), 404, 'client_not_found')
    await refused(remove(`${path}/keys/a`), 404, 'client_not_found')
  }
})

test('the list comes in pages, oldest first, without keys', async () => {
  type Page = { items: Client[]; next: string | null }
  const page = async (query: string) => json<Page>(await get(`/v1/clients${query}`))
  await create()
  const all = await page('?limit=200')
  assert.equal(all.next, null)
  assert.ok(all.items.length > 3)
  assert.ok(all.items.every((client) => !('keys' in client)))
  const first = await page('?limit=2')
  const second = await page(`?limit=200&after=${first.next}`)
  assert.deepEqual([...first.items, ...second.items], all.items)
  for (const query of ['limit=0', 'limit=201', 'after=x', 'page=2']) {
    await refused(get(`/v1/clients?${query}`), 400, 'invalid_request')
  }
})

describe('who may', () => {
  test('a key without the scope may nothing, and without a key nobody', async () => {
    const { path } = await create()
    const key = await jotter.newKey(['transactions:write', 'users', 'keys'])
    for (const [method, address] of [
      ['POST', '/v1/clients'],
      ['GET', '/v1/clients'],
      ['GET', path],
      ['PATCH', path],
      ['DELETE', path],
      ['POST', `${path}/keys`],
      ['GET', `${path}/keys`],
      ['DELETE', `${path}/keys/a`],
    ] as const) {
      const headers = { authorization: `Bearer ${key}` }
      assert.equal((await jotter.request(address, { method, headers })).status, 403, method)
      assert.equal((await jotter.request(address, { method })).status, 401, method)
    }
    assert.equal((await get(path)).status, 200)
  })

  test('a key of another customer sees and changes nothing', async () => {
    const { path, client } = await create()
    const foreign = await foreignKey()
    const [{ kid } = { kid: '' }] = client.keys
    await refused(get(path, undefined, foreign), 404, 'client_not_found')
    await refused(get(`${path}/keys`, undefined, foreign), 404, 'client_not_found')
    await refused(patch(path, { disabled: true }, foreign), 404, 'client_not_found')
    await refused(remove(path, undefined, foreign), 404, 'client_not_found')
    await refused(remove(`${path}/keys/${kid}`, undefined, foreign), 404, 'client_not_found')
    const key = { public_key: p256.pem }
    await refused(post(`${path}/keys`, key, foreign), 404, 'client_not_found')
    assert.deepEqual(await json(await get('/v1/clients', undefined, foreign)), {
      items: [],
      next: null,
    })
    assert.deepEqual(await json(await get(path)), client)
  })

  test('a key with the scope may all of it', async () => {
    const key = await jotter.newKey(['clients'])
    const id = 'by-scope'
    const path = `/v1/clients/${id}`
    assert.equal((await post('/v1/clients', { id, public_key: rsa.pem }, key)).status, 201)
    assert.equal((await patch(path, { strict: false }, key)).status, 200)
    assert.equal((await remove(path, undefined, key)).status, 204)
  })
})

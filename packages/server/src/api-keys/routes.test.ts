import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ADMIN_KEY, CUSTOMER, NOW, startTestService } from '../../../../test/support/service.ts'

const jotter = await startTestService({ after }, { DATABASE_URL: 'memory:' })

interface Key {
  id: string
  name: string
  scopes: string[]
  customer_id: string
  created_at: string
  expires_at: string | null
  secret: string
}

const json = async <T>(answer: Response): Promise<T> => (await answer.json()) as T
const create = (body: unknown, { post } = jotter) => post('/v1/api-keys', body, ADMIN_KEY)
const remove = (id: string, { request } = jotter) =>
  request(`/v1/api-keys/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  })
const list = async ({ get } = jotter) =>
  (await json<{ items: Key[] }>(await get('/v1/api-keys', ADMIN_KEY))).items
const statusWith = async (secret: string, { get } = jotter) =>
  (await get('/v1/transactions', secret)).status

test('a new key is answered with its secret, and listed without it', async () => {
  const answer = await create({ name: 'backend', scopes: ['transactions:read', 'clients'] })
  const { secret, ...key } = await json<Key>(answer)
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.match(secret, new RegExp(`^jot_${key.id}_[A-Za-z0-9_-]{43}$`))
  assert.deepEqual(key, {
    id: key.id,
    name: 'backend',
    scopes: ['transactions:read', 'clients'],
    customer_id: CUSTOMER.TELESIGN_CUSTOMER_ID,
    created_at: '2017-07-14T02:40:00.000Z',
    expires_at: null,
  })
  assert.deepEqual(
    (await list()).find(({ id }) => id === key.id),
    key,
  )
})

test('two keys of one name are two keys with two secrets', async () => {
  const made = await Promise.all([1, 2].map(() => jotter.newKey(['metrics'])))
  assert.equal(new Set(made).size, 2)
  assert.equal(new Set(made.map((secret) => secret.split('_')[1])).size, 2)
})

test('a scope that is named twice is held once', async () => {
  const answer = await create({ name: 'twice', scopes: ['clients', 'clients'] })
  assert.deepEqual((await json<Key>(answer)).scopes, ['clients'])
})

test('L-02: the database holds no secret, only its SHA-256', async (t) => {
  const { newKey, data } = await startTestService(t)
  const secret = await newKey(['transactions:read'])
  for (const name of readdirSync(data)) {
    const bytes = readFileSync(join(data, name), 'latin1')
    assert.ok(!bytes.includes(secret.split('_').slice(2).join('_')), name)
    assert.ok(!bytes.includes(ADMIN_KEY), name)
  }
})

describe('expiry', () => {
  test('a key is refused from expires_at on', async (t) => {
    const service = await startTestService(t, { DATABASE_URL: 'memory:' })
    const answer = await create(
      { name: 'brief', scopes: ['transactions:read'], expires_at: '2017-07-14T04:40:10+02:00' },
      service,
    )
    const { secret, expires_at } = await json<Key>(answer)
    assert.equal(expires_at, '2017-07-14T02:40:10.000Z')
    service.clock.at = NOW + 9_999
    assert.equal(await statusWith(secret, service), 200)
    service.clock.at = NOW + 10_000
    assert.equal(await statusWith(secret, service), 401)
  })

  for (const [why, expires_at] of [
    ['now', '2017-07-14T02:40:00Z'],
    ['the past', '2016-01-01T00:00:00Z'],
    ['a leap second', '2026-12-31T23:59:60Z'],
    ['a day that February does not have', '2027-02-30T00:00:00Z'],
    ['no time', 'tomorrow'],
    ['a date', '2027-01-01'],
    ['a number', 1_900_000_000],
    ['null', null],
  ] as const) {
    test(`${why} is 400 at /expires_at, and no key is made`, async () => {
      const before = await list()
      const answer = await create({ name: 'a', scopes: ['clients'], expires_at })
      assert.equal(answer.status, 400)
      const { errors } = await json<{ errors: { pointer: string }[] }>(answer)
      assert.deepEqual(
        errors.map(({ pointer }) => pointer),
        ['/expires_at'],
      )
      assert.deepEqual(await list(), before)
    })
  }
})

describe('deleting', () => {
  test('ends a key at once, though it was used a moment ago', async () => {
    const secret = await jotter.newKey(['transactions:read'])
    assert.equal(await statusWith(secret), 200)
    const answer = await remove(secret.split('_')[1] ?? '')
    assert.equal(answer.status, 204)
    assert.equal(await answer.text(), '')
    assert.equal(await statusWith(secret), 401)
  })

  test('twice, or what never was, is 404', async () => {
    const id = (await jotter.newKey(['clients'])).split('_')[1] ?? ''
    assert.equal((await remove(id)).status, 204)
    for (const gone of [id, '000000000000', 'a%00b', '%2e', "' OR 1=1--"]) {
      const answer = await remove(gone)
      assert.equal(answer.status, 404)
      assert.equal((await json<{ code: string }>(answer)).code, 'api_key_not_found')
    }
  })

  test('by another process takes effect within a second', async (t) => {
    const service = await startTestService(t)
    const secret = await service.newKey(['transactions:read'])
    assert.equal(await statusWith(secret, service), 200)
    const { apiKeys } = await service.stores()
    assert.ok(await apiKeys.remove(secret.split('_')[1] ?? ''))
    service.clock.pass(1)
    assert.equal(await statusWith(secret, service), 401)
  })

  test('is not possible for the setting ADMIN_KEY, which is in no list', async () => {
    assert.equal((await remove('admin')).status, 404)
    assert.ok(!(await list()).some(({ id }) => id === 'admin'))
  })
})

describe('what is refused', () => {
  const name = 'a'
  const scopes = ['clients']
  for (const [why, body, pointer] of [
    ['no name', { scopes }, '/name'],
    ['an empty name', { name: '', scopes }, '/name'],
    ['a long name', { name: 'a'.repeat(101), scopes }, '/name'],
    ['no scopes', { name }, '/scopes'],
    ['an empty list of scopes', { name, scopes: [] }, '/scopes'],
    ['one scope as text', { name, scopes: 'admin' }, '/scopes'],
    ['an unknown scope', { name, scopes: ['root'] }, '/scopes/0'],
    ['a scope in capitals', { name, scopes: ['clients', 'ADMIN'] }, '/scopes/1'],
    ['an id of the caller', { name, scopes, id: 'mine' }, '/id'],
    ['a secret of the caller', { name, scopes, secret: 'mine' }, '/secret'],
    ['a customer that is a number', { name, scopes, customer_id: 1 }, '/customer_id'],
  ] as const) {
    test(`D-12: ${why} is 400 at ${pointer}`, async () => {
      const answer = await create(body)
      assert.equal(answer.status, 400)
      const { code, errors } = await json<{ code: string; errors: { pointer: string }[] }>(answer)
      assert.equal(code, 'invalid_request')
      assert.deepEqual(
        errors.map((error) => error.pointer),
        [pointer],
      )
    })
  }

  test('a customer that nobody knows is 404', async () => {
    const answer = await create({ name, scopes, customer_id: 'nobody' })
    assert.equal(answer.status, 404)
    assert.equal((await json<{ code: string }>(answer)).code, 'customer_not_found')
  })
})

test('H-13: a name with markup, quotes and lines comes back as it was, as JSON', async () => {
  const name = '<img src=x onerror=alert(1)>"\n\u001b[31m\u2028{"level":60}'
  const answer = await create({ name, scopes: ['clients'] })
  assert.equal((await json<Key>(answer)).name, name)
})

describe('the list', () => {
  test('comes in pages of 50, at most 200, oldest first; next is null on the last', async (t) => {
    const service = await startTestService(t, { DATABASE_URL: 'memory:' })
    const ids: string[] = []
    for (let i = 0; i < 60; i += 1) {
      ids.push(
        (await json<Key>(await create({ name: String(i), scopes: ['clients'] }, service))).id,
      )
      service.clock.pass(1)
    }
    type Page = { items: Key[]; next: string | null }
    const page = async (query: string) =>
      json<Page>(await service.get(`/v1/api-keys${query}`, ADMIN_KEY))
    const first = await page('')
    const second = await page(`?after=${first.next}`)
    assert.deepEqual([first.items.length, second.items.length, second.next], [50, 10, null])
    assert.deepEqual(
      [...first.items, ...second.items].map(({ id }) => id),
      ids,
    )
    assert.deepEqual((await page('?limit=200')).items.length, 60)
    assert.equal((await page('?limit=60')).next, null)
    assert.equal((await page(`?limit=7&after=${first.next}`)).items.length, 7)
  })

  for (const query of ['limit=0', 'limit=201', 'limit=x', 'after=x', 'page=2']) {
    test(`?${query} is 400`, async () => {
      assert.equal((await jotter.get(`/v1/api-keys?${query}`, ADMIN_KEY)).status, 400)
    })
  }
})

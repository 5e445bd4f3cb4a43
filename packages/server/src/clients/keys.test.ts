import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type ClientKey, json, refused, startClients } from '../../../../test/support/clients.ts'
import { keyPair } from '../../../../test/support/key-pairs.ts'
import { memoryClients } from '../stores/memory/clients.ts'
import { ownKeys, readGivenKeys, toClientKey } from './keys.ts'
import { DEFAULT_POLICY } from './service.ts'

const { create, get, jotter, post, remove } = await startClients({ after })

const rsa = keyPair()
const other = keyPair()
const p256 = keyPair('ec')

describe('a private key', () => {
  const sent: Readonly<Record<string, object>> = {
    'as PEM': { public_key: rsa.privatePem },
    'as JWK': { jwk: rsa.privateJwk },
    'in a set': { jwks: { keys: [p256.jwk, p256.privateJwk] } },
  }
  for (const [how, keys] of Object.entries(sent)) {
    test(`${how} is refused with help, and stays in no answer, log or file`, async () => {
      const answer = post('/v1/clients', { id: 'leaky', ...keys })
      const problem = await refused(answer, 400, 'private_key_refused')
      assert.match(problem.errors?.[0]?.detail ?? '', /openssl pkey -in KEY -pubout/)
      await refused(get('/v1/clients/leaky'), 404, 'client_not_found')
      const secrets = [rsa.privateJwk.d, p256.privateJwk.d, rsa.privatePem.split('\n')[5]]
      const files = readdirSync(jotter.data).map((name) =>
        readFileSync(join(jotter.data, name), 'latin1'),
      )
      for (const text of [JSON.stringify(problem), jotter.log.join(), ...files]) {
        assert.ok(secrets.every((secret) => !text.includes(secret as string)))
      }
    })
  }

  test('is refused where a key is added', async () => {
    const { path } = await create()
    const body = { public_key: p256.privatePem }
    await refused(post(`${path}/keys`, body), 400, 'private_key_refused')
  })
})

describe('a public key that cannot be used', () => {
  for (const [what, keys, pointer] of [
    ['no key', { public_key: 'my key' }, '/public_key'],
    ['a weak one', { public_key: keyPair('rsa', { modulusLength: 1024 }).pem }, '/public_key'],
    ['a secret', { jwk: { kty: 'oct', k: 'c2VjcmV0' } }, '/jwk'],
    ['one for encryption', { jwk: { ...rsa.jwk, use: 'enc' } }, '/jwk'],
    ['HS256 with it', { jwk: { ...rsa.jwk, alg: 'HS256' } }, '/jwk'],
    [
      'the second of a set',
      { jwks: { keys: [rsa.jwk, { ...p256.jwk, x: 'AA' }] } },
      '/jwks/keys/1',
    ],
    ['one key twice', { jwks: { keys: [rsa.jwk, { ...rsa.jwk, kid: 'b' }] } }, '/jwks'],
    [
      'two of one kid',
      { jwks: { keys: [rsa.jwk, p256.jwk].map((jwk) => ({ ...jwk, kid: 'a' })) } },
      '/jwks',
    ],
  ] as const) {
    test(`${what} is 400 at ${pointer}`, async () => {
      const answer = post('/v1/clients', { id: 'refused', ...keys })
      const { errors } = await refused(answer, 400, 'public_key_invalid')
      assert.deepEqual(
        errors?.map((error) => error.pointer),
        [pointer],
      )
      await refused(get('/v1/clients/refused'), 404, 'client_not_found')
    })
  }

  test('none, or two ways to give it, is 400', async () => {
    for (const keys of [{}, { public_key: rsa.pem, jwk: rsa.jwk }]) {
      await refused(post('/v1/clients', { id: 'refused', ...keys }), 400, 'invalid_request')
    }
    for (const [jwks, pointer] of [
      [{ keys: [] }, '/jwks/keys'],
      [{ keys: Array(11).fill(rsa.jwk) }, '/jwks/keys'],
      [{ keys: ['a'] }, '/jwks/keys/0'],
      [{}, '/jwks/keys'],
      [[], '/jwks'],
    ] as const) {
      const answer = post('/v1/clients', { id: 'refused', jwks })
      const { errors } = await refused(answer, 400, 'invalid_request')
      assert.deepEqual(
        errors?.map((error) => error.pointer),
        [pointer],
      )
    }
  })
})

describe('the keys of a client', () => {
  test('are added, found, and deleted, but not the last one', async () => {
    const { path, client } = await create({ jwk: { ...rsa.jwk, kid: 'first' } })
    const answer = await post(`${path}/keys`, { jwk: { ...p256.jwk, kid: 'second' } })
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('location'), `${path}/keys/second`)
    const second = await json<ClientKey>(answer)
    assert.deepEqual([second.kid, second.alg], ['second', 'ES256'])
    assert.deepEqual(await json(await get(`${path}/keys`)), { items: [...client.keys, second] })

    assert.equal((await remove(`${path}/keys/first`)).status, 204)
    await refused(remove(`${path}/keys/first`), 404, 'client_key_not_found')
    await refused(remove(`${path}/keys/second`), 409, 'last_client_key')
    assert.deepEqual(await json(await get(`${path}/keys`)), { items: [second] })
  })

  test('are each there once, by kid and by what they are', async () => {
    const { path } = await create({ jwk: { ...rsa.jwk, kid: 'a' } })
    for (const body of [
      { jwk: { ...rsa.jwk, kid: 'b' } },
      { jwk: { ...rsa.jwk, alg: 'PS256' } },
      { public_key: rsa.pem },
      { jwk: { ...p256.jwk, kid: 'a' } },
    ]) {
      await refused(post(`${path}/keys`, body), 409, 'client_key_exists')
    }
  })

  test('are at most 10', async () => {
    const keys = Array.from({ length: 10 }, () => keyPair('ec').jwk)
    const { path } = await create({ jwks: { keys } })
    await refused(post(`${path}/keys`, { jwk: p256.jwk }), 409, 'too_many_client_keys')
  })

  test('are given one at a time', async () => {
    const { path } = await create()
    await refused(post(`${path}/keys`, {}), 400, 'invalid_request')
    const set = { jwks: { keys: [p256.jwk] } }
    const { errors } = await refused(post(`${path}/keys`, set), 400, 'invalid_request')
    assert.deepEqual(
      errors?.map(({ pointer }) => pointer),
      ['/jwks'],
    )
  })
})

describe('as a key source', () => {
  const clients = memoryClients()
  const { keysOf } = ownKeys(clients)
  const insert = (id: string, disabled: boolean, ...jwks: object[]) =>
    clients.insert({
      ...DEFAULT_POLICY,
      id,
      customerId: 'customer',
      disabled,
      createdAt: 0,
      updatedAt: 0,
      keys: jwks.flatMap((jwk) =>
        readGivenKeys({ jwk: jwk as Record<string, unknown> }).map((key) => toClientKey(key, 0)),
      ),
    })

  test('a client has its keys; one without a name fits every kid of a token', async () => {
    await insert('app1', false, { ...rsa.jwk, alg: 'PS384', kid: 'named' }, p256.jwk)
    const keys = (await keysOf('app1')) ?? []
    assert.deepEqual(
      keys.map(({ kid, alg, signs }) => [kid, alg, signs]),
      [
        ['named', 'PS384', false],
        [undefined, 'ES256', false],
      ],
    )
    assert.ok(keys[0]?.keyObject.equals(rsa.publicKey))
  })

  test('a key that is added or removed is so at once', async () => {
    await insert('app2', false, rsa.jwk)
    await keysOf('app2')
    const [key] = readGivenKeys({ public_key: other.pem })
    assert.ok(key)
    const added = toClientKey(key, 0)
    await clients.addKey('customer', 'app2', added)
    assert.equal((await keysOf('app2'))?.length, 2)
    await clients.removeKey('customer', 'app2', added.kid, 0)
    assert.equal((await keysOf('app2'))?.length, 1)
  })

  test('who is disabled, unknown, or can be nobody is undefined', async () => {
    await insert('app3', true, rsa.jwk)
    for (const name of ['app3', 'nobody', '../app1', '', 'app1 ', 'app1\n']) {
      assert.equal(await keysOf(name), undefined, name)
    }
  })
})

/** GET /.well-known/jwks.json: what anybody may have of the keys, and for how long. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { importJwks, thumbprint } from '@jotter/token'
import { startTestService } from '../support/service.ts'

const JWKS = '/.well-known/jwks.json'
const jotter = await startTestService({ after }, { DATABASE_URL: 'memory:' })

interface Jwks {
  keys: Record<string, string>[]
}

describe('the public keys of user tokens', () => {
  test('are a JWK Set with one ES256 key, whose kid is its thumbprint', async () => {
    const answer = await jotter.get(JWKS)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/jwk-set+json')
    const set = (await answer.json()) as Jwks
    assert.deepEqual(
      set.keys.map(({ alg, use, kty, crv }) => [alg, use, kty, crv]),
      [['ES256', 'sig', 'EC', 'P-256']],
    )
    const [key] = importJwks(set as never)
    assert.ok(key !== undefined && !key.signs)
    assert.equal(key.kid, thumbprint(key))
  })

  test('L-01 hold nothing but public members', async () => {
    const { keys } = (await (await jotter.get(JWKS)).json()) as Jwks
    for (const key of keys) {
      assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    }
  })

  test('may be kept for five minutes, by proxies too', async () => {
    const { headers } = await jotter.get(JWKS)
    assert.equal(headers.get('cache-control'), 'public, max-age=300')
    assert.equal(headers.get('pragma'), null)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
  })

  test('are not sent again to who has them', async () => {
    const etag = (await jotter.get(JWKS)).headers.get('etag') ?? ''
    assert.match(etag, /^"[\w-]{43}"$/)
    for (const known of [etag, `W/${etag}`, `"a", ${etag}`, '*']) {
      const answer = await jotter.request(JWKS, { headers: { 'if-none-match': known } })
      assert.equal(answer.status, 304, known)
      assert.equal(await answer.text(), '')
      assert.equal(answer.headers.get('etag'), etag)
      assert.equal(answer.headers.get('cache-control'), 'public, max-age=300')
    }
    for (const other of ['"a"', '', etag.slice(1, -1), `${etag}x`]) {
      const answer = await jotter.request(JWKS, { headers: { 'if-none-match': other } })
      assert.equal(answer.status, 200, other)
    }
  })

  test('have a HEAD, and no other method', async () => {
    const head = await jotter.request(JWKS, { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(await head.text(), '')
    assert.equal((await jotter.post(JWKS, {})).status, 405)
  })
})

for (const [alg, kty] of [
  ['EdDSA', 'OKP'],
  ['RS256', 'RSA'],
  ['ML-DSA-44', 'AKP'],
]) {
  test(`ACCESS_ALG=${alg} publishes a key of kty ${kty}`, async (t) => {
    const { get } = await startTestService(t, { DATABASE_URL: 'memory:', JOTTER_ACCESS_ALG: alg })
    const { keys } = (await (await get(JWKS)).json()) as Jwks
    assert.deepEqual(
      keys.map((key) => [key.alg, key.kty]),
      [[alg, kty]],
    )
  })
}

test('S3: a secret has no public half, and nothing of it is published', async (t) => {
  const environment = { DATABASE_URL: 'memory:', SECRET_KEY: 'my_precious' }
  const { get } = await startTestService(t, environment)
  assert.equal(await (await get(JWKS)).text(), '{"keys":[]}')
})

test('JWKS_MAX_AGE decides how long they may be kept', async (t) => {
  const { get } = await startTestService(t, { DATABASE_URL: 'memory:', JOTTER_JWKS_MAX_AGE: '60' })
  assert.equal((await get(JWKS)).headers.get('cache-control'), 'public, max-age=60')
})

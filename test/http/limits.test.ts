/** Who may ask how often (behaviour.md A1, items 8 and 25; security.md E-12, H-01, H-02). */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { ADMIN_KEY, startTestService } from '../support/service.ts'

const PHONE = '15555551212'
const start = (t: TestContext, environment: Record<string, string | undefined>) =>
  startTestService(t, { DATABASE_URL: 'memory:', ...environment })

/** A limit that is not named takes its default. */
const DEFAULTS = { JOTTER_RATE_LIMIT: undefined, JOTTER_RATE_LIMIT_PHONE: undefined }

describe('per address', () => {
  test('item 8: one request a second by default; the next is 429 and nothing is stored', async (t) => {
    const { get, clock } = await start(t, DEFAULTS)
    const first = await get(`/v1/token/${PHONE}/first`)
    assert.equal(first.status, 200)
    assert.equal(first.headers.get('ratelimit-policy'), '"address";q=1;w=1')
    assert.equal(first.headers.get('ratelimit'), '"address";r=0;t=1')
    assert.equal(first.headers.get('retry-after'), null)

    const second = await get(`/v1/token/${PHONE}/second`)
    assert.equal(second.status, 429)
    assert.equal(second.headers.get('ratelimit-policy'), '"address";q=1;w=1')
    assert.equal(second.headers.get('ratelimit'), '"address";r=0;t=1')
    assert.equal(second.headers.get('retry-after'), '1')
    assert.equal(second.headers.get('content-type'), 'application/problem+json')
    assert.equal(((await second.json()) as { code: string }).code, 'rate_limited')
    assert.equal((await get('/v1/transactions/second', ADMIN_KEY)).status, 404)

    clock.pass(1)
    assert.equal((await get(`/v1/token/${PHONE}/second`)).status, 200)
  })

  test('refused requests are counted and say so too', async (t) => {
    const { get, post } = await start(t, { JOTTER_RATE_LIMIT: '4/minute' })
    const answers = [
      await get('/v1/token/none'),
      await post('/v1/token', {}),
      await get(`/v1/token/${PHONE}/a`),
      await get('/v1/token/16666666666/a'),
      await get(`/v1/token/${PHONE}/b`),
    ]
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers.get('ratelimit')]),
      [
        [400, '"address";r=3;t=60'],
        [400, '"address";r=2;t=60'],
        [200, '"address";r=1;t=60'],
        [409, '"address";r=0;t=60'],
        [429, '"address";r=0;t=60'],
      ],
    )
  })

  test('only the routes that mint are counted', async (t) => {
    const { get } = await start(t, DEFAULTS)
    for (const path of ['/', '/livez', '/v1/transactions', '/nothing', '/v1/token']) {
      for (let i = 0; i < 3; i += 1) {
        const { status, headers } = await get(path, ADMIN_KEY)
        assert.notEqual(status, 429)
        assert.equal(headers.get('ratelimit'), null)
      }
    }
  })

  test('off switches it off', async (t) => {
    const { get } = await start(t, { JOTTER_RATE_LIMIT: 'off' })
    for (let i = 0; i < 20; i += 1) {
      const { status, headers } = await get(`/v1/token/${PHONE}`)
      assert.equal(status, 200)
      assert.equal(headers.get('ratelimit'), null)
    }
  })
})

describe('per API key', () => {
  test('each key has a budget of its own, whatever its address has used', async (t) => {
    const service = await start(t, { ...DEFAULTS, JOTTER_RATE_LIMIT_KEY: '2/second' })
    const { get } = service
    const one = await service.newKey(['transactions:write'])
    const two = await service.newKey(['transactions:write'])
    const answers = [
      await get(`/v1/token/${PHONE}`),
      await get(`/v1/token/${PHONE}`, one),
      await get(`/v1/token/${PHONE}`, one),
      await get(`/v1/token/${PHONE}`, one),
      await get(`/v1/token/${PHONE}`, two),
      await get(`/v1/token/${PHONE}`),
    ]
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers.get('ratelimit')]),
      [
        [200, '"address";r=0;t=1'],
        [200, '"key";r=1;t=1'],
        [200, '"key";r=0;t=1'],
        [429, '"key";r=0;t=1'],
        [200, '"key";r=1;t=1'],
        [429, '"address";r=0;t=1'],
      ],
    )
  })

  test('1000 a second by default', async (t) => {
    const { get } = await start(t, DEFAULTS)
    const { headers } = await get(`/v1/token/${PHONE}`, ADMIN_KEY)
    assert.equal(headers.get('ratelimit-policy'), '"key";q=1000;w=1')
  })
})

describe('per phone number', () => {
  test('E-12: one phone number gets ten tokens a minute by default, whoever asks', async (t) => {
    const service = await start(t, { ...DEFAULTS, JOTTER_RATE_LIMIT: 'off' })
    const { get, post, clock } = service
    const key = await service.newKey(['transactions:write'])
    for (let i = 0; i < 5; i += 1) {
      assert.equal((await get(`/v1/token/${PHONE}/open-${i}`)).status, 200)
      assert.equal((await post('/v1/token', { phone_number: `+${PHONE}` }, key)).status, 201)
    }
    for (const answer of [
      await get(`/v1/token/${PHONE}/eleventh`),
      await get(`/v1/token/${PHONE}/eleventh`, key),
      await post('/v1/token', { phone_number: PHONE, xid: 'eleventh' }, ADMIN_KEY),
    ]) {
      assert.equal(answer.status, 429)
      assert.equal(answer.headers.get('ratelimit-policy'), '"phone";q=10;w=60')
      assert.equal(answer.headers.get('ratelimit'), '"phone";r=0;t=60')
      assert.equal(answer.headers.get('retry-after'), '60')
    }
    assert.equal((await get('/v1/transactions/eleventh', ADMIN_KEY)).status, 404)
    assert.equal((await get('/v1/token/15555551213')).status, 200)
    clock.pass(60)
    assert.equal((await get(`/v1/token/${PHONE}/eleventh`)).status, 200)
  })

  test('what is left of a number is not told: it would tell how often others asked for it', async (t) => {
    const { get } = await start(t, {
      JOTTER_RATE_LIMIT: 'off',
      JOTTER_RATE_LIMIT_PHONE: '1/minute',
    })
    const [first, second] = [await get(`/v1/token/${PHONE}`), await get(`/v1/token/${PHONE}`)]
    assert.deepEqual([first.status, first.headers.get('ratelimit')], [200, null])
    assert.deepEqual([second.status, second.headers.get('ratelimit')], [429, '"phone";r=0;t=60'])
  })

  test('a repeat under one Idempotency-Key costs nothing', async (t) => {
    const { post } = await start(t, { JOTTER_RATE_LIMIT_PHONE: '1/minute' })
    const retry = { 'idempotency-key': 'a' }
    for (let i = 0; i < 3; i += 1) {
      const answer = await post('/v1/token', { phone_number: PHONE }, undefined, retry)
      assert.equal(answer.status, 201)
    }
  })
})

describe('H-01', () => {
  const FORGED = [
    'X-Forwarded-For',
    'Forwarded',
    'X-Real-IP',
    'CF-Connecting-IP',
    'True-Client-IP',
    'X-Client-IP',
    'X-Forwarded-Host',
    'Via',
  ]
  for (const name of FORGED) {
    test(`${name} buys nothing where no proxy is trusted`, async (t) => {
      const { rawGet } = await start(t, DEFAULTS)
      const statuses = [1, 2, 3].map(async (i) => {
        const value = name === 'Forwarded' ? `for=9.9.9.${i}` : `9.9.9.${i}`
        return (await rawGet(`/v1/token/${PHONE}`, `${name}: ${value}\r\n`)).status
      })
      assert.deepEqual((await Promise.all(statuses)).sort(), [200, 429, 429])
    })
    if (name === 'X-Forwarded-For') continue
    test(`${name} buys nothing behind a trusted proxy either`, async (t) => {
      const { rawGet } = await start(t, { ...DEFAULTS, JOTTER_TRUST_PROXY: '127.0.0.1' })
      const statuses = [1, 2, 3].map(async (i) => {
        const lines = `X-Forwarded-For: 9.9.9.9\r\n${name}: 8.8.8.${i}\r\n`
        return (await rawGet(`/v1/token/${PHONE}`, lines)).status
      })
      assert.deepEqual((await Promise.all(statuses)).sort(), [200, 429, 429])
    })
  }

  const NEAR = '127.0.0.0/8'
  for (const [why, trusted, first, second, same] of [
    ['another client of the proxy', NEAR, '9.9.9.1', '9.9.9.2', false],
    ['a forged first entry', NEAR, '1.1.1.1, 9.9.9.9', '2.2.2.2, 9.9.9.9', true],
    ['fifty forged entries', NEAR, '9.9.9.9', `${'1.1.1.1, '.repeat(50)}9.9.9.9`, true],
    ['an entry that is no address', NEAR, 'unknown, 9.9.9.9', '<script>, 9.9.9.9', true],
    ['a chain of trusted proxies', `${NEAR},10.0.0.0/8`, '9.9.9.9, 10.1.1.1', '9.9.9.9', true],
    [
      'a chain of trusted proxies, written with ports',
      `${NEAR},10.0.0.0/8,2001:db8:f::/48`,
      '9.9.9.9, 10.1.1.1:5678, [2001:db8:f::1]:443, [2001:db8:f::2]',
      '9.9.9.9:1234',
      true,
    ],
    [
      'a chain of proxies that are trusted as mapped addresses',
      '::ffff:127.0.0.0/104, ::ffff:10.0.0.1',
      '9.9.9.9, 10.0.0.1, ::ffff:a00:1',
      '9.9.9.9',
      true,
    ],
    [
      'a proxy that is not trusted',
      `${NEAR},10.0.0.0/8`,
      '9.9.9.1, 11.1.1.1',
      '9.9.9.2, 11.1.1.1',
      true,
    ],
    ['a proxy elsewhere is trusted, this peer is not', '10.0.0.0/8', '9.9.9.1', '9.9.9.2', true],
    ['H-02 addresses of one /64', NEAR, '2001:db8::1', '2001:db8::ffff:2', true],
    ['H-02 another /64', NEAR, '2001:db8::1', '2001:db8:0:1::1', false],
    ['H-02 IPv4 written as IPv6', NEAR, '9.9.9.9', '::ffff:909:909', true],
  ] as const) {
    test(`${why}: ${same ? 'one budget' : 'a budget of its own'}`, async (t) => {
      const { rawGet } = await start(t, { ...DEFAULTS, JOTTER_TRUST_PROXY: trusted })
      const ask = async (addresses: string) =>
        (await rawGet(`/v1/token/${PHONE}`, `X-Forwarded-For: ${addresses}\r\n`)).status
      assert.equal(await ask(first), 200)
      assert.equal(await ask(second), same ? 429 : 200)
    })
  }

  test('two X-Forwarded-For fields are one list', async (t) => {
    const { rawGet } = await start(t, { ...DEFAULTS, JOTTER_TRUST_PROXY: NEAR })
    const lines = (forged: string) => `X-Forwarded-For: ${forged}\r\nX-Forwarded-For: 9.9.9.9\r\n`
    assert.equal((await rawGet(`/v1/token/${PHONE}`, lines('1.1.1.1'))).status, 200)
    assert.equal((await rawGet(`/v1/token/${PHONE}`, lines('2.2.2.2'))).status, 429)
  })

  test('X-Forwarded-Host and -Proto of a trusted proxy change no answer', async (t) => {
    const { rawGet } = await start(t, { JOTTER_TRUST_PROXY: NEAR })
    const lines = 'X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n'
    for (const path of [`/v1/token/${PHONE}/a`, '/openapi.json', '/']) {
      const { headers, body } = await rawGet(path, lines)
      assert.ok(!body.includes('evil'))
      assert.ok(![...headers.values()].some((value) => value.includes('evil')))
    }
  })
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, test } from 'node:test'
import {
  ADMIN_KEY,
  PRODUCTION,
  startTestService,
  type TestService,
} from '../../../../test/support/service.ts'
import { QUICK, sessionClient } from '../../../../test/support/sessions.ts'
import { ERRORS } from '../errors.ts'

const jotter = await startTestService({ after }, { DATABASE_URL: 'memory:' })
const { get, request } = jotter

describe('health', () => {
  for (const [path, text] of [
    ['/livez', 'ok\n'],
    ['/readyz', 'ok\n'],
    ['/healthz', 'ok\n'],
    ['/readyz?verbose', '+ store\n+ revocations\n+ keys\n+ not stopping\n'],
    ['/healthz?verbose=1', '+ store\n+ revocations\n+ keys\n+ not stopping\n'],
    ['/readyz?__proto__=1', 'ok\n'],
  ] as const) {
    test(`GET ${path} is 200 ${JSON.stringify(text)}`, async () => {
      const answer = await get(path)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'text/plain')
      assert.equal(await answer.text(), text)
      assert.equal((await request(path, { method: 'HEAD' })).status, 200)
    })
  }
})

describe('metrics', () => {
  const metrics = async ({ get }: TestService) => (await get('/metrics', ADMIN_KEY)).text()

  test('are Prometheus text, open in development', async () => {
    const answer = await get('/metrics')
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(await answer.text(), /^# TYPE jotter_tokens_issued_total counter$/m)
  })

  for (const [profile, environment] of [
    ['testing', { JOTTER_ENV: 'testing' }],
    ['production', PRODUCTION],
  ] as const) {
    test(`ask for a key with the scope metrics in ${profile}`, async (t) => {
      const { get, newKey } = await startTestService(t, { ...environment, DATABASE_URL: 'memory:' })
      assert.equal((await get('/metrics')).status, 401)
      assert.equal((await get('/metrics', await newKey(['transactions:read']))).status, 403)
      assert.equal((await get('/metrics', await newKey(['metrics']))).status, 200)
    })
  }

  test('count tokens, answers by route template and refusals by code', async (t) => {
    const service = await startTestService(t, { DATABASE_URL: 'memory:' })
    await service.get('/v1/token/15555551212/a')
    await service.get('/v1/token/15555551213/b')
    await service.get('/v1/token/15555551214/a')
    await service.get('/v1/token/none')
    await service.get('/%ff')
    await service.raw('garbage\r\n\r\n')
    const text = await metrics(service)
    for (const line of [
      'jotter_tokens_issued_total{flow="transaction"} 2',
      'jotter_refusals_total{code="xid_conflict"} 1',
      'jotter_refusals_total{code="phone_number_invalid"} 1',
      'jotter_refusals_total{code="invalid_request"} 2',
    ]) {
      assert.ok(text.includes(`${line}\n`), line)
    }
    const requests = [...text.matchAll(/^jotter_http_request_seconds_count\{(.*)\} (\d+)$/gm)]
    const counted = requests.map(([, labels = '', count]) => [
      /route="([^"]*)"/.exec(labels)?.[1],
      /status="(\d+)"/.exec(labels)?.[1],
      count,
    ])
    assert.deepEqual(counted.sort(), [
      ['/v1/token/:phone_number', '400', '1'],
      ['/v1/token/:phone_number/:xid', '200', '2'],
      ['/v1/token/:phone_number/:xid', '409', '1'],
      ['none', '400', '1'],
    ])
  })

  test('count logins and refreshes by outcome, and name nobody', async (t) => {
    const service = await startTestService(t, { ...QUICK, DATABASE_URL: 'memory:' })
    const { newUser, logIn, refresh } = sessionClient(service)
    const { username, email, refresh_token } = await newUser()
    await logIn(username)
    for (let i = 0; i < 6; i += 1) {
      await service.post('/token', { username, password: 'wrong' })
    }
    for (let i = 0; i < 2; i += 1) await refresh(refresh_token)
    service.clock.pass(60)
    for (let i = 0; i < 2; i += 1) await refresh(refresh_token)
    const text = await metrics(service)
    for (const line of [
      'jotter_logins_total{outcome="success"} 1',
      'jotter_logins_total{outcome="wrong"} 5',
      'jotter_logins_total{outcome="slowed"} 1',
      'jotter_refreshes_total{outcome="rotated"} 1',
      'jotter_refreshes_total{outcome="repeated"} 1',
      'jotter_refreshes_total{outcome="reused"} 1',
      'jotter_refreshes_total{outcome="refused"} 1',
      'jotter_tokens_issued_total{flow="session"} 4',
    ]) {
      assert.ok(text.includes(`${line}\n`), line)
    }
    for (const name of [username, email]) assert.ok(!text.includes(name))
  })

  test('paths and methods that nobody routes make no series of their own', async (t) => {
    const service = await startTestService(t, { DATABASE_URL: 'memory:' })
    for (let i = 0; i < 5; i += 1) await service.get(`/nothing/${i}`)
    const text = await metrics(service)
    assert.ok(!text.includes('/nothing'))
    assert.match(text, /^jotter_http_request_seconds_count\{.*route="none".*\} 5$/m)
  })
})

describe('pages', () => {
  test('GET / is a page for people, under a policy that allows its own style and nothing else', async () => {
    const answer = await get('/')
    const page = await answer.text()
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
    const policy = answer.headers.get('content-security-policy') ?? ''
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? ''
    const digest = createHash('sha256').update(style).digest('base64')
    assert.ok(policy.startsWith(`default-src 'none'; style-src 'sha256-${digest}'`), policy)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.ok(!/<script|<img|style=|onload|https?:\/\/(?!127\.0\.0\.1)/.test(page))
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link = '']) => link)
    for (const link of links) assert.equal((await get(link)).status, 200, link)
  })

  test('GET / shows where it listens, or ISSUER, and never what a Host header says', async (t) => {
    const commandOf = (page: string) => /<pre>(.*)<\/pre>/.exec(page)?.[1]
    const here = await jotter.rawGet('/', 'X-Forwarded-Host: evil.example\r\n')
    assert.equal(commandOf(here.body), `curl ${jotter.address}/v1/token/15555551212`)
    const named = await startTestService(t, {
      DATABASE_URL: 'memory:',
      JOTTER_ISSUER: 'https://auth.example.com/<b>&"',
    })
    const page = await (await named.get('/')).text()
    assert.equal(
      commandOf(page),
      'curl https://auth.example.com/&#60;b&#62;&#38;&#34;/v1/token/15555551212',
    )
  })

  test('GET / is JSON for who asks for it', async () => {
    const answer = await request('/', { headers: { accept: 'application/json' } })
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.deepEqual(await answer.json(), {
      name: 'jotter',
      version: '0.0.0-test',
      openapi: '/openapi.json',
      errors: '/docs/errors',
    })
  })

  test('/docs/errors has an anchor for every code, which is where `type` leads', async () => {
    const page = await (await get('/docs/errors')).text()
    for (const [code, { status }] of Object.entries(ERRORS)) {
      assert.ok(page.includes(`id="${code}"`), code)
      assert.match(page, new RegExp(`<code>${code}</code></td><td>${status}</td>`))
    }
    const { type } = (await (await get('/nothing')).json()) as { type: string }
    const [path, anchor] = type.split('#')
    assert.equal((await get(path ?? '')).status, 200)
    assert.ok(page.includes(`id="${anchor}"`))
  })
})

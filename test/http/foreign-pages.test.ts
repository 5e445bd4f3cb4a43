/** Pages in a browser of this machine, where anybody may issue (security.md H-10; decision 0012). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { ADMIN_KEY, startTestService, type TestService } from '../support/service.ts'

const PHONE = '15555551212'
const APP = 'https://app.example.com'
const ISSUER = 'https://auth.example.com'

const plain = await startTestService({ after }, { DATABASE_URL: 'memory:' })
const named = await startTestService(
  { after },
  { DATABASE_URL: 'memory:', JOTTER_CORS_ORIGINS: APP, JOTTER_ISSUER: ISSUER },
)
const everywhere = await startTestService(
  { after },
  { DATABASE_URL: 'memory:', HOST: '0.0.0.0', JOTTER_ALLOW_OPEN: 'true' },
)

const BODY = JSON.stringify({ phone_number: PHONE, xid: 'page' })
/** Every way to mint, as bytes, with these header lines. */
const MINTING: readonly ((lines: string) => string)[] = [
  (lines) => `GET /v1/token/${PHONE} HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`,
  (lines) => `GET /v1/token/${PHONE}/page HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`,
  (lines) =>
    `POST /v1/token HTTP/1.1\r\n${lines}Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`,
]

/** What each way to mint is answered: the status, and the error code of a refusal. */
const mint = ({ raw }: TestService, lines: string) =>
  Promise.all(
    MINTING.map(async (request) => {
      const [answer] = await raw(request(lines))
      const problem = answer?.headers.get('content-type') === 'application/problem+json'
      return problem ? JSON.parse(answer.body).code : answer?.status
    }),
  )
const MINTED = [200, 200, 201]
const all = (code: string) => [code, code, code]

describe('under another name (DNS rebinding)', () => {
  for (const host of [
    'evil.example',
    'evil.example:7519',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evillocalhost',
    '192.168.1.10:7519',
    '[::2]:7519',
    '0.0.0.0',
    '',
  ]) {
    test(`Host: ${host} is 403 host_refused, and nothing is stored`, async () => {
      assert.deepEqual(await mint(plain, `Host: ${host}\r\n`), all('host_refused'))
      assert.equal((await plain.get('/v1/transactions/page', ADMIN_KEY)).status, 404)
    })
  }

  for (const host of [
    'localhost',
    'LOCALHOST:7519',
    'jotter.localhost:8080',
    '127.0.0.1',
    '127.8.9.10:1',
    '[::1]:7519',
    '[::1]',
  ]) {
    test(`Host: ${host} is this machine`, async () => {
      assert.deepEqual(await mint(named, `Host: ${host}\r\n`), MINTED)
    })
  }

  test('the host of ISSUER is ours, with any port and in any case', async () => {
    for (const host of ['auth.example.com', 'AUTH.example.com:8443']) {
      assert.deepEqual(await mint(named, `Host: ${host}\r\n`), MINTED)
    }
    assert.deepEqual(await mint(named, 'Host: auth.example.com.evil\r\n'), all('host_refused'))
  })

  test('HTTP/1.0 without Host is no browser', async () => {
    const [answer] = await plain.raw(`GET /v1/token/${PHONE} HTTP/1.0\r\n\r\n`)
    assert.equal(answer?.status, 200)
  })

  test('H-10 an Origin without Host is nobody of ours', async () => {
    const [answer] = await plain.raw(`GET /v1/token/${PHONE} HTTP/1.0\r\nOrigin: null\r\n\r\n`)
    assert.equal(answer?.status, 403)
  })

  test('where it listens beyond loopback, any name may be its own', async () => {
    assert.deepEqual(await mint(everywhere, 'Host: jotter.lan:7519\r\n'), MINTED)
  })
})

describe('from a page of another site', () => {
  const here = 'Host: localhost:7519\r\n'

  for (const lines of [
    'Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n',
    'Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n',
    `Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example\r\n`,
    'Sec-Fetch-Site: same-site\r\n',
    'Sec-Fetch-Site: same-site\r\nOrigin: http://localhost:3000\r\n',
    'Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n',
    'Sec-Fetch-Site: what-comes-next\r\n',
    'Origin: https://evil.example\r\n',
    'Origin: null\r\n',
    'Origin: http://localhost:3000\r\n',
    'Origin: http://evil.example@localhost:7519\r\n',
    'Origin: ftp://localhost:7519\r\n',
    'Referer: https://evil.example/page\r\n',
    'Referer: what is this\r\n',
  ]) {
    test(`${JSON.stringify(lines)} is 403 cross_site_refused`, async () => {
      assert.deepEqual(await mint(plain, here + lines), all('cross_site_refused'))
      assert.equal((await plain.get('/v1/transactions/page', ADMIN_KEY)).status, 404)
    })
  }

  for (const lines of [
    'Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\n',
    'Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost:7519\r\n',
    'Origin: http://localhost:7519\r\n',
    'Referer: http://localhost:7519/\r\n',
    `Origin: ${ISSUER}\r\n`,
    `Sec-Fetch-Site: cross-site\r\nOrigin: ${APP}\r\n`,
    `Origin: ${APP}\r\n`,
  ]) {
    test(`${JSON.stringify(lines)} may mint: typed, our own page, or in CORS_ORIGINS`, async () => {
      assert.deepEqual(await mint(named, here + lines), MINTED)
    })
  }

  test('counts nothing: the limit stays with the people at this address', async (t) => {
    const service = await startTestService(t, {
      DATABASE_URL: 'memory:',
      JOTTER_RATE_LIMIT: '1/minute',
    })
    await mint(service, `${here}Sec-Fetch-Site: cross-site\r\n`)
    assert.equal((await service.get(`/v1/token/${PHONE}`)).status, 200)
  })

  test('beyond loopback it is refused as well', async () => {
    const lines = 'Host: jotter.lan\r\nOrigin: https://evil.example\r\n'
    assert.deepEqual(await mint(everywhere, lines), all('cross_site_refused'))
  })
})

test('a caller with an API key is no page of somebody else, whatever it is called', async () => {
  const lines = `Host: evil.example\r\nSec-Fetch-Site: cross-site\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n`
  assert.deepEqual(await mint(everywhere, lines), MINTED)
  assert.deepEqual(await mint(named, lines), MINTED)
})

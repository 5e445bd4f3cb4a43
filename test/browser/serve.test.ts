/** What the server of the example answers, and how it is started. No browser is needed for that. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSandbox } from '../support/process.ts'

const SERVE = join(import.meta.dirname, '../../examples/browser-login/serve.ts')

test('the page of the example allows itself and the service, and nothing else', async (t) => {
  const { run } = openSandbox(t)
  const child = run(
    process.execPath,
    [SERVE, '--port', '0', '--service', 'http://127.0.0.1:1234'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  assert.ok(child.stdout)
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(20_000) })
  const [, origin] = /(http:\/\/127\.0\.0\.1:\d+), its service at http:\/\/127/.exec(line) ?? []
  assert.ok(origin !== undefined && !origin.endsWith(':0'), String(line))
  const get = (path: string, method = 'GET') =>
    fetch(origin + path, { method, headers: { connection: 'close' } })

  const page = await get('/')
  const html = await page.text()
  assert.equal(page.status, 200)
  assert.match(html, /<meta name="service" content="http:\/\/127\.0\.0\.1:1234">/)
  // No inline script and no inline style, and nothing from anywhere else.
  assert.doesNotMatch(html, /<script(?! type="module" src="\/)|<style| on\w+=| style=/)
  const policy = page.headers.get('content-security-policy')?.split('; ') ?? []
  for (const directive of [
    "default-src 'none'",
    "script-src 'self'",
    'connect-src http://127.0.0.1:1234',
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]) {
    assert.ok(policy.includes(directive), directive)
  }
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer')

  for (const [, file = ''] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    assert.equal((await get(file)).status, 200, file)
  }
  for (const path of ['/serve.ts', '/..%2fserve.ts', '/page/index.html', '/constructor']) {
    assert.equal((await get(path)).status, 404, path)
  }
  assert.equal((await get('/', 'POST')).status, 405)
})

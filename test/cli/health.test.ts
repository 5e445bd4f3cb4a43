import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { makeFolder } from '../support/cli.ts'

test('health is 0 while the server answers, and 6 when nobody does', async (t) => {
  const { jotter, serve } = makeFolder(t)
  const { address, stop } = await serve()
  const { port } = new URL(address)
  const alive = await jotter(['health', '--port', port])
  assert.deepEqual(alive, { code: 0, stdout: 'ok\n', stderr: '' })
  const ready = await jotter(['health', '--ready'], { environment: { JOTTER_URL: address } })
  assert.equal(ready.code, 0)
  assert.match(ready.stdout, /^\+ store$/m)

  await stop()
  const gone = await jotter(['health', '--url', `${address}/`, '--json'])
  assert.equal(gone.code, 6)
  assert.deepEqual(JSON.parse(gone.stdout), { url: address, ok: false, status: null })
  assert.match(gone.stderr, /^error: cannot reach http:\S+: .*ECONNREFUSED/)
})

test('health is 3 when the server answers that it is not ready', async (t) => {
  const { jotter } = makeFolder(t)
  const server = createServer((_request, response) => {
    response.writeHead(503).end('- store\n')
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const { code, stdout, stderr } = await jotter(['health', '--ready', '--port', String(port)])
  assert.equal(code, 3)
  assert.equal(stdout, '- store\n')
  assert.match(stderr, /^error: http:\S+ is not ready: 503\n/)
})

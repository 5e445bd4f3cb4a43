/** More connections come than the process may have file descriptors. */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ask } from '../support/ledger-http.ts'
import { openSandbox, startServer } from '../support/process.ts'

const HEALED_WITHIN_MS = 15_000

test('F-22 without a free file descriptor the service goes on for those who have one', async (t) => {
  const sandbox = openSandbox(t)
  const { address, end, output } = await startServer(sandbox, {
    under: ['sh', '-c', 'ulimit -n 64; exec "$0" "$@"'],
  })
  const early = new Agent({ keepAlive: true, maxSockets: 1 })
  const issue = (agent: Agent) => ask(agent, `${address}/v1/token/15555551212`)
  assert.equal((await issue(early)).status, 200)

  const crowd = Array.from({ length: 200 }, () => {
    const { hostname, port } = new URL(address)
    return connect({ host: hostname, port: Number(port) }).on('error', () => {})
  })
  const settled = (socket: Socket) =>
    new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
  await Promise.all(crowd.map(settled))
  for (let i = 0; i < 50; i++) assert.equal((await issue(early)).status, 200)

  for (const socket of crowd) socket.destroy()
  const left = performance.now()
  while ((await statusOf(issue(new Agent()))) !== 200) {
    assert.ok(performance.now() - left < HEALED_WITHIN_MS, 'it does not heal')
    await sleep(10)
  }
  t.diagnostic(`healed after ${Math.round(performance.now() - left)} ms`)
  early.destroy()
  assert.deepEqual(await end('SIGTERM'), { code: 0, signal: null }, output())
})

/** Undefined for a connection that is not taken. */
const statusOf = (answer: Promise<Answer>): Promise<number | undefined> =>
  answer.then(({ status }) => status).catch(() => undefined)

/**
 * Many logins at once beside other requests (security.md D-05, F-17): passwords are hashed off the
 * event loop, so many at a time; what finds no place is told when to come back; nobody else waits.
 */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeHash } from '../../../packages/server/src/passwords/hash.ts'
import { openStores } from '../../../packages/server/src/stores/open.ts'
import { quantiles } from '../../faults/figures.ts'
import { ask, type Told } from '../../support/asking.ts'
import { openSandbox, startServer } from '../../support/process.ts'
import { PASSWORD } from '../../support/sessions.ts'
import { fillUsers } from '../../support/users.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
/** 200 are more than find a place on any machine. */
const STORMS = LONG ? [50, 100, 200] : [50, 200]
/** Of bcrypt: some 50 ms for each hash. */
const COST = 9
const STATUS_EVERY_MS = 5
const LIVE_EVERY_MS = 7

async function start(t: TestContext) {
  const sandbox = openSandbox(t)
  const url = `sqlite:${join(sandbox.folder, 'jotter.db')}`
  const environment = { DATABASE_URL: url, JOTTER_BCRYPT_LOG_ROUNDS: String(COST) }
  const { address } = await startServer(sandbox, { environment })
  const stores = await openStores(url, { now: Date.now() })
  t.after(() => stores.close())
  const passwordHash = await makeHash(PASSWORD, { hash: 'bcrypt', cost: COST })
  const count = Math.max(...STORMS)
  const names = await fillUsers(stores.users, { prefix: 'user', count, passwordHash })
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())

  // From addresses of their own: from one address no more than a hundred are let through at once.
  const logIn = (username: string, i: number) => {
    const from = `127.0.1.${i + 1}`
    return ask(`${address}/auth/login`, { agent, from, body: { username, password: PASSWORD } })
  }
  return { address, agent, names, logIn }
}

/** Asks every `ms`, whatever takes how long, until told to stop; answers what it was told. */
function askSteadily(ms: number, once: () => Promise<Told>) {
  const answers: Promise<Told>[] = []
  const timer = setInterval(() => answers.push(once()), ms)
  return () => {
    clearInterval(timer)
    return Promise.all(answers)
  }
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number

for (const count of STORMS) {
  test(`${count} logins at once hold nobody else up`, async (t) => {
    const { address, agent, names, logIn } = await start(t)
    const alone: number[] = []
    let token = ''
    for (let i = 0; i < 5; i += 1) {
      const { text, ms } = await logIn(names[i] as string, i)
      token = JSON.parse(text).auth_token
      alone.push(ms)
    }
    const stopStatus = askSteadily(STATUS_EVERY_MS, () =>
      ask(`${address}/auth/status`, { agent, token }),
    )
    const stopLive = askSteadily(LIVE_EVERY_MS, () => ask(`${address}/livez`, { agent }))
    await sleep(100)
    const began = performance.now()
    const logins = await Promise.all(names.slice(0, count).map(logIn))
    const seconds = (performance.now() - began) / 1000
    const [status, live] = await Promise.all([stopStatus(), stopLive()])

    const refused = logins.filter((login) => login.status !== 200)
    const good = count - refused.length
    const took = (answers: readonly Told[]) => answers.map(({ ms }) => ms)
    t.diagnostic(`one login, ms: ${quantiles(alone)}`)
    t.diagnostic(`${good} of ${count} logins, ${(good / seconds).toFixed(1)} per second`)
    t.diagnostic(`${status.length} of /auth/status, ms: ${quantiles(took(status))}`)
    t.diagnostic(`${live.length} of /livez, ms: ${quantiles(took(live))}`)

    assert.ok(good > 0)
    if (count > 104) assert.ok(refused.length > 0, 'more wait than there are places')
    for (const { status, headers, text } of refused) {
      assert.deepEqual([status, JSON.parse(text).code], [503, 'busy'])
      assert.match(headers['retry-after'] as string, /^[1-9]\d*$/)
    }
    const others = [...status, ...live].map((answer) => answer.status)
    assert.deepEqual([...new Set(others)], [200])
    // With hashes on the event loop, half of a hash is what the others would wait for.
    assert.ok(median(took(live)) < median(alone) / 4, 'a hash holds up the event loop')
    if (LONG) {
      for (const answers of [status, live]) {
        const p99 = took(answers).toSorted((a, b) => a - b)[Math.floor(answers.length * 0.99)]
        assert.ok((p99 as number) < 50, `p99 ${p99} ms`)
      }
    }
  })
}

/** The client resets its connection in the middle of a request or of its answer, and asks again. */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileSource, judge, type Order, serviceSource, sha256 } from '../support/ledger.ts'
import { ask } from '../support/ledger-http.ts'
import { openSandbox, startServer } from '../support/process.ts'
import { nothingWrong } from './figures.ts'
import { seededRandom } from './random.ts'

const AT_ONCE = 8
/** Of so many bytes one is the last: another one in each run. */
const EVERY = process.env.JOTTER_TEST_LONG === undefined ? 5 : 1

test('F-18 a client that vanishes inside its request leaves nothing behind', async (t) => {
  const random = seededRandom(t)
  const { vanish, rows, retry } = await start(t)
  const whole = requestOf(xidOf(0)).length
  const orders = ordersFor(whole, random)
  await inParallel(orders, ({ xid, offset }) => vanish(requestOf(xid).slice(0, offset), 0))

  t.diagnostic(`${orders.length} resets after 0 to ${whole - 1} bytes of the request`)
  assert.equal(rows(), 0)
  await retry(orders)
})

test('F-18 a client that vanishes inside the answer gets the same transaction again', async (t) => {
  const random = seededRandom(t)
  const { vanish, rows, retry } = await start(t)
  const whole = await vanish(requestOf(xidOf(9_999)), Infinity)
  const orders = ordersFor(whole, random)
  await inParallel(orders, async ({ xid, offset }) => {
    assert.equal(await vanish(requestOf(xid), offset), offset)
  })

  t.diagnostic(`${orders.length} resets after 0 to ${whole - 1} bytes of the answer`)
  // Where nothing of the answer was read, the reset may have overtaken the request.
  const missing = orders.length + 1 - rows()
  assert.ok(missing === 0 || missing === 1, `${missing} rows are missing`)
  await retry(orders)
})

test('F-18 a client that vanishes behind its request is no failure of ours', async (t) => {
  const { address } = await start(t)
  const { hostname, port } = new URL(address)
  const request = `GET /v1/token/15555551212 HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`
  for (let i = 0; i < 100; i += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(request)
        socket.resetAndDestroy()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve())
    })
  }
  const metrics = await (await fetch(`${address}/metrics`)).text()
  assert.doesNotMatch(metrics, /internal_error/)
})

test('F-18 a client that has said all it wants to say still gets its token', async (t) => {
  const { address } = await start(t)
  const { hostname, port } = new URL(address)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  socket.end(`GET /v1/token/15555551212 HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  const answer = Buffer.concat(await socket.toArray()).toString('latin1')
  assert.match(answer, /^HTTP\/1\.1 200 /)
})

async function start(t: TestContext) {
  const sandbox = openSandbox(t)
  const { address, end } = await startServer(sandbox)
  const file = join(sandbox.folder, 'data', 'jotter.db')
  const { hostname, port } = new URL(address)
  return {
    address,

    /** Sends `bytes`, reads `wanted` bytes of the answer and not one more, resets. */
    vanish: (bytes: string, wanted: number) =>
      new Promise<number>((resolve, reject) => {
        let read = 0
        const onread = {
          buffer: () => Buffer.alloc(Math.min(wanted - read, 65_536)),
          callback(size: number) {
            read += size
            if (read === wanted) socket.resetAndDestroy()
            return read < wanted
          },
        }
        const socket = connect({ host: hostname, port: Number(port), onread })
        socket.once('error', reject).once('close', () => resolve(read))
        socket.once('connect', () =>
          socket.write(bytes, () => void (wanted === 0 && socket.resetAndDestroy())),
        )
      }),

    rows(): number {
      using db = new DatabaseSync(file, { readOnly: true })
      return Number(db.prepare('SELECT count(*) AS rows FROM transactions').get()?.rows)
    },

    /** Asks for every order once more, then looks what the service and its file have of them. */
    async retry(orders: Vanished[]) {
      const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
      await inParallel(orders, async (order) => {
        const { status, body } = await ask(agent, `${address}${pathOf(order.xid)}`)
        assert.equal(status, 200, body)
        order.sha256 = sha256(body)
      })
      agent.destroy()
      using source = serviceSource(address)
      const verdict = await judge(orders, source)
      nothingWrong(verdict)
      assert.equal(verdict.acked, orders.length)
      assert.deepEqual(await end('SIGTERM'), { code: 0, signal: null })
      assert.deepEqual(await judge(orders, fileSource(file)), verdict)
    },
  }
}

type Vanished = Order & { xid: string; offset: number }

const xidOf = (n: number): string => `vanished-${String(n).padStart(4, '0')}`
const phoneOf = (xid: string): string => `1555${xid.slice(-4)}`
const pathOf = (xid: string): string => `/v1/token/${phoneOf(xid)}/${xid}`
const requestOf = (xid: string): string =>
  `GET ${pathOf(xid)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`

/** For the offset 0 and others below `length`, each with a phone number of its own. */
function ordersFor(length: number, random: () => number): Vanished[] {
  const first = 1 + Math.floor(random() * EVERY)
  const offsets = Array.from({ length }, (_, offset) => offset).filter(
    (offset) => offset === 0 || (offset >= first && (offset - first) % EVERY === 0),
  )
  return offsets.map((offset) => {
    const xid = xidOf(offset)
    return { phone: phoneOf(xid), xid, offset, sha256: undefined, refused: undefined }
  })
}

async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item)
    }),
  )
}

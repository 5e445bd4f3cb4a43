/**
 * A closed-loop load on one server, as a process of its own: each connection asks for a token as
 * soon as it has the last one. Loopback only, and it ends by itself. One JSON line on stdout.
 *
 *     node bench/load.ts --url http://127.0.0.1:7519 --connections 64 --seconds 5
 *
 * @module
 */
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openConnection } from './connection.ts'
import { loadPhones } from './phones.ts'
import { cpuMicros, residentMiB } from './proc.ts'

/** What was seen after the warm-up. Times are milliseconds. */
export interface LoadResult {
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Answers that are not a 200 with a token, by status, and broken connections, by reason. */
  readonly errors: Readonly<Record<string, number>>
  /** Of the server, when `--pid` names it and the system tells. */
  readonly cpuMicrosPerRequest?: number | undefined
  readonly residentMiB?: number | undefined
  /** Cores that this process used. Near 1, the figures are its own limit and not the server's. */
  readonly loadCores: number
}

interface LoadOptions {
  readonly url: URL
  readonly connections: number
  readonly warmupSeconds: number
  readonly seconds: number
  readonly pid: number
}

/** @throws {Error} For any host that is not a loopback address, written as one. */
function assertLoopback(url: URL) {
  if (url.protocol === 'http:' && /^127\.\d+\.\d+\.\d+$/.test(url.hostname)) return
  throw new Error(`load is for http://127.0.0.1 only, not for ${url.origin}`)
}

async function load({ url, connections, warmupSeconds, seconds, pid }: LoadOptions) {
  assertLoopback(url)
  if (!(seconds + warmupSeconds <= 600)) throw new Error('load is for ten minutes at most')
  const requests = loadPhones.map((phone) =>
    Buffer.from(`GET /v1/token/${phone} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`),
  )
  const micros = createHistogram({ figures: 3 })
  let errors: Record<string, number> = {}
  let turn = 0
  let over = false

  const count = (what: string) => {
    errors[what] = (errors[what] ?? 0) + 1
  }
  const traffic = {
    next() {
      // A stride, so that requests in flight together are not neighbours in any index.
      turn = (turn + 389) % requests.length
      return over ? undefined : requests[turn]
    },
    answered(status: number, body: string, took: number) {
      micros.record(Math.max(1, Math.round(took * 1000)))
      if (status !== 200) count(String(status))
      else if (!body.startsWith('eyJ')) count('200 without a token')
    },
    broken(reason: string) {
      if (!over) count(reason)
    },
  }

  const sockets = Array.from({ length: connections }, () =>
    openConnection(url.hostname, Number(url.port), traffic),
  )
  await pause(warmupSeconds * 1000)
  micros.reset()
  // A connection that broke in the warm-up is missing from what follows: it stays counted.
  const brokenBefore = sockets.filter((socket) => socket.destroyed).length
  errors = brokenBefore === 0 ? {} : { 'broken in the warm-up': brokenBefore }
  const [started, cpu, ownCpu] = [performance.now(), cpuMicros(pid), process.cpuUsage()]

  await pause(seconds * 1000)
  const elapsed = performance.now() - started
  const own = process.cpuUsage(ownCpu)
  const cpuAfter = cpuMicros(pid)
  over = true
  const result: LoadResult = {
    requestsPerSecond: (micros.count * 1000) / elapsed,
    p50: micros.percentile(50) / 1000,
    p99: micros.percentile(99) / 1000,
    max: micros.max / 1000,
    errors,
    cpuMicrosPerRequest:
      cpu === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpu) / micros.count,
    residentMiB: residentMiB(pid),
    loadCores: (own.user + own.system) / 1000 / elapsed,
  }
  for (const socket of sockets) socket.destroy()
  return result
}

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7519' },
    connections: { type: 'string', default: '64' },
    warmup: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '5' },
    pid: { type: 'string', default: '0' },
  },
})
const result = await load({
  url: new URL(values.url),
  connections: Number(values.connections),
  warmupSeconds: Number(values.warmup),
  seconds: Number(values.seconds),
  pid: Number(values.pid),
})
process.stdout.write(`${JSON.stringify(result)}\n`)

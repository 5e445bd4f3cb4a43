/**
 * A closed-loop load on one server, as a process of its own: each connection sends a request as
 * soon as it has the last answer. Loopback only, and it ends by itself. One JSON line on stdout.
 *
 *     node bench/load.ts --url http://127.0.0.1:7519 --connections 64 --seconds 5
 *     node bench/load.ts --url http://127.0.0.1:7519,http://127.0.0.1:7520 --connections 64
 *
 * @module
 */
import type { Socket } from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openConnection } from './connection.ts'
import { cpuMicros, residentMiB } from './proc.ts'
import { bytesOf, type Requests, readRequests } from './requests.ts'

/** What was seen after the warm-up. Times are milliseconds. */
export interface LoadResult {
  readonly answers: number
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** Answers that are not a 200 with what was asked for, by status, and broken connections, by reason. */
  readonly errors: Readonly<Record<string, number>>
  /** Of the server, when `--pid` names it and the system tells. */
  readonly cpuMicrosPerRequest?: number | undefined
  readonly residentMiB?: number | undefined
  /** Cores that this process used. Near 1, the figures are its own limit and not the server's. */
  readonly loadCores: number
}

interface LoadOptions {
  /** Of the nodes that share the connections. */
  readonly urls: readonly URL[]
  readonly connections: number
  readonly warmupSeconds: number
  /** At most; it ends sooner when `answers` are there. */
  readonly seconds: number
  readonly answers: number
  /** Of all nodes, as far as they are named. */
  readonly pids: readonly number[]
  readonly requests: Requests
}

/** @throws {Error} For any host that is not a loopback address, written as one. */
function assertLoopback(url: URL) {
  if (url.protocol === 'http:' && /^127\.\d+\.\d+\.\d+$/.test(url.hostname)) return
  throw new Error(`load is for http://127.0.0.1 only, not for ${url.origin}`)
}

async function load(options: LoadOptions) {
  const { urls, connections, warmupSeconds, seconds, answers, pids } = options
  urls.forEach(assertLoopback)
  if (!(seconds + warmupSeconds <= 600)) throw new Error('load is for ten minutes at most')
  const { expected } = options.requests
  const enough = new AbortController()
  const micros = createHistogram({ figures: 3 })
  let errors: Record<string, number> = {}
  let turn = 0
  let over = false
  let left = Number.POSITIVE_INFINITY

  const count = (what: string) => {
    errors[what] = (errors[what] ?? 0) + 1
  }
  const traffic = {
    answered(status: number, body: string, took: number) {
      micros.record(Math.max(1, Math.round(took * 1000)))
      if (status !== 200) count(String(status))
      else if (!body.includes(expected)) count('200 with another answer')
      left -= 1
      if (left === 0) enough.abort()
    },
    broken(reason: string) {
      if (!over) count(reason)
    },
  }

  const connect = urls.map(({ hostname, port, host }) => {
    const requests = bytesOf(options.requests, host)
    const next = () => {
      // A stride, so that requests in flight together are not neighbours in any index.
      turn = (turn + 389) % requests.length
      return over ? undefined : requests[turn]
    }
    return () => openConnection(hostname, Number(port), { ...traffic, next })
  })
  const sockets = Array.from({ length: connections }, (_, i) =>
    (connect[i % connect.length] as () => Socket)(),
  )
  await pause(warmupSeconds * 1000)
  micros.reset()
  left = answers
  // A connection that broke in the warm-up is missing from what follows: it stays counted.
  const brokenBefore = sockets.filter((socket) => socket.destroyed).length
  errors = brokenBefore === 0 ? {} : { 'broken in the warm-up': brokenBefore }
  const [started, cpu, ownCpu] = [performance.now(), sumOf(pids, cpuMicros), process.cpuUsage()]

  // Both ends are good ones: the time is over, or there are answers enough.
  await pause(seconds * 1000, undefined, { signal: enough.signal }).catch(() => {})
  const elapsed = performance.now() - started
  const own = process.cpuUsage(ownCpu)
  const cpuAfter = sumOf(pids, cpuMicros)
  over = true
  const result: LoadResult = {
    answers: micros.count,
    requestsPerSecond: (micros.count * 1000) / elapsed,
    p50: micros.percentile(50) / 1000,
    p99: micros.percentile(99) / 1000,
    max: micros.max / 1000,
    errors,
    cpuMicrosPerRequest:
      cpu === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpu) / micros.count,
    residentMiB: sumOf(pids, residentMiB),
    loadCores: (own.user + own.system) / 1000 / elapsed,
  }
  for (const socket of sockets) socket.destroy()
  return result
}

/** Undefined where the system does not tell of each of them. */
function sumOf(pids: readonly number[], read: (pid: number) => number | undefined) {
  const known = pids.map(read).filter((value) => value !== undefined)
  return known.length < pids.length ? undefined : known.reduce((sum, value) => sum + value)
}

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7519' },
    connections: { type: 'string', default: '64' },
    warmup: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '5' },
    answers: { type: 'string' },
    requests: { type: 'string' },
    pid: { type: 'string', default: '0' },
  },
})
const result = await load({
  urls: values.url.split(',').map((url) => new URL(url)),
  connections: Number(values.connections),
  warmupSeconds: Number(values.warmup),
  seconds: Number(values.seconds),
  answers: Number(values.answers ?? Number.POSITIVE_INFINITY),
  pids: values.pid.split(',').map(Number),
  requests: readRequests(values.requests),
})
process.stdout.write(`${JSON.stringify(result)}\n`)

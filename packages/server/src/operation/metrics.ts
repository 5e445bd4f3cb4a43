import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { LoginOutcome, RefreshOutcome } from '../flows/session/service.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { durations } from './durations.ts'

export type Metrics = ReturnType<typeof createMetrics>

/**
 * What the service counts. Labels are route templates, never paths: a path holds phone numbers, and
 * every caller could make as many series as it liked.
 */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  describeProcess(registers)

  let revocations: Pick<Revocations, 'size' | 'ageSeconds' | 'waiting'> | undefined
  gauges(registers, [
    ['jotter_revocations_held', 'Revocations in memory.', () => revocations?.size ?? 0],
    [
      'jotter_revocations_age_seconds',
      'Time since the database has confirmed them.',
      () => revocations?.ageSeconds ?? 0,
    ],
    ['jotter_revocations_waiting', 'Readers that wait for news.', () => revocations?.waiting ?? 0],
  ])

  const issued = { transaction: 0, session: 0 }
  new Counter({
    name: 'jotter_tokens_issued_total',
    help: 'Tokens issued and durable.',
    labelNames: ['flow'] as const,
    registers,
    collect() {
      this.reset()
      for (const [flow, count] of Object.entries(issued)) this.inc({ flow }, count)
    },
  })
  const logins = new Counter({
    name: 'jotter_logins_total',
    help: 'Attempts to log in, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  })
  const refreshes = new Counter({
    name: 'jotter_refreshes_total',
    help: 'Refresh tokens presented, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  })
  const requestAnswered = durations({
    name: 'jotter_http_request_seconds',
    help: 'Time to answer, by route template, method and status.',
    bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registry,
  })
  const refused = new Counter({
    name: 'jotter_refusals_total',
    help: 'Requests refused, by error code.',
    labelNames: ['code'] as const,
    registers,
  })
  const commits = new Histogram({
    name: 'jotter_commit_seconds',
    help: 'Time of one group commit, from its start to its disk sync.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1],
    registers,
  })
  const writes = new Histogram({
    name: 'jotter_commit_writes',
    help: 'Writes that shared one commit and one disk sync.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000],
    registers,
  })

  const alone = new Gauge({
    name: 'jotter_limits_alone',
    help: '1 while this node counts rate limits alone, since the database does not answer.',
    registers,
  })
  alone.set(0)

  return {
    observeRevocations(observed: typeof revocations) {
      revocations = observed
    },
    transactionTokenIssued() {
      issued.transaction += 1
    },
    accessTokenIssued() {
      issued.session += 1
    },
    loggedIn: (outcome: LoginOutcome) => logins.inc({ outcome }),
    refreshed: (outcome: RefreshOutcome) => refreshes.inc({ outcome }),
    requestAnswered,
    requestRefused: (code: string) => refused.inc({ code }),
    committed(batch: number, seconds: number) {
      commits.observe(seconds)
      writes.observe(batch)
    },
    limitsAlone: (isAlone: boolean) => alone.set(isAlone ? 1 : 0),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}

/**
 * Memory, processor time and event loop of this process. Only the delay of the event loop is sampled
 * all the time, in native code; the library's own set keeps more timers, and sorts what they find.
 */
function describeProcess(registers: Registry[]): void {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time used.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  gauges(registers, [
    ['process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()],
    ['nodejs_heap_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed],
    ['nodejs_eventloop_delay_p99_seconds', 'Event loop delay.', () => delay.percentile(99) / 1e9],
  ])
}

function gauges(
  registers: Registry[],
  all: readonly (readonly [name: string, help: string, read: () => number])[],
): void {
  for (const [name, help, read] of all) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }
}

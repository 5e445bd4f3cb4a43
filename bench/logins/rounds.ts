/**
 * One round of everything about logins: for every figure a fresh process with a fresh store.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { HashResult } from '../floors/hash.ts'
import type { LoadResult } from '../load.ts'
import { loadServer } from '../loading.ts'
import { endWithUs, startServer } from '../process.ts'
import {
  type HashName,
  hashNames,
  loginRequests,
  manyTokens,
  startPeopled,
  statusRequests,
} from './service.ts'

const FLOORS = join(import.meta.dirname, '../floors')
const WARMUP_SECONDS = 4
/** Enough that the service always has a password to check. */
const LOGIN_CONNECTIONS = 16
/** As many as the service checks at once. */
const IN_FLIGHT = Math.max(1, Math.min(availableParallelism() - 1, 3))

export interface RoundOptions {
  /** The temporary folder. */
  readonly root: string
  readonly seconds: number
  /** Of everything but logins. */
  readonly connections: number
  /** Logins at once while tokens are issued. */
  readonly storm: number
}

export const STATUS_SERVERS = ['bare ES256', 'bare HS256', 'jotter', 'jotter, cached'] as const
export type StatusServer = (typeof STATUS_SERVERS)[number]

/** What one round has seen. */
export interface Round {
  readonly hashes: Readonly<Record<HashName, { bare: HashResult; jotter: LoadResult }>>
  readonly status: Readonly<Record<StatusServer, LoadResult>>
  readonly storm: { idle: LoadResult; storm: LoadResult; logins: LoadResult }
}

export async function measureRound(options: RoundOptions): Promise<Round> {
  const hashes = {} as Record<HashName, { bare: HashResult; jotter: LoadResult }>
  for (const hash of hashNames) {
    const bare = await bareChecks(hash, options)
    hashes[hash] = { bare, jotter: await logins(hash, options) }
    tell(`${hash}: ${bare.checksPerSecond.toFixed(1)}/s bare, `, hashes[hash].jotter)
  }
  const status = {
    'bare ES256': await bareStatus('ES256', options),
    'bare HS256': await bareStatus('HS256', options),
    ...(await ownStatus(options)),
  }
  for (const server of STATUS_SERVERS) tell(`status, ${server}: `, status[server])
  const storm = await issueInStorm(options)
  tell('issuing, idle: ', storm.idle)
  tell('issuing, in the storm: ', storm.storm)
  return { hashes, status, storm }
}

const tell = (what: string, { requestsPerSecond, p99 }: LoadResult) =>
  process.stderr.write(`${what}${requestsPerSecond.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms\n`)

async function bareChecks(hash: HashName, { seconds }: RoundOptions): Promise<HashResult> {
  const args = ['--hash', hash, '--in-flight', IN_FLIGHT, '--seconds', seconds].map(String)
  const run = promisify(execFile)(process.execPath, [join(FLOORS, 'hash.ts'), ...args])
  endWithUs(run.child)
  return JSON.parse((await run).stdout)
}

async function logins(hash: HashName, { root, seconds }: RoundOptions): Promise<LoadResult> {
  await using service = await startPeopled(root, hash)
  const requests = await loginRequests(root, service)
  const load = { connections: LOGIN_CONNECTIONS, seconds, warmup: WARMUP_SECONDS, requests }
  return await loadServer(service.running, load)
}

async function bareStatus(FLOOR_ALG: string, options: RoundOptions): Promise<LoadResult> {
  const { root, connections, seconds } = options
  const server = { args: [join(FLOORS, 'status.ts')], env: { FLOOR_ALG }, durable: false }
  await using running = await startServer(server, mkdtempSync(join(root, 'status-')))
  const token = await (await fetch(`${running.url}/token`)).text()
  const requests = statusRequests(root, [token])
  return await loadServer(running, { connections, seconds, warmup: WARMUP_SECONDS, requests })
}

/** With more tokens than are remembered, so that each is verified, and with one. */
async function ownStatus({ root, connections, seconds }: RoundOptions) {
  const measure = async (count: number | undefined) => {
    await using service = await startPeopled(root, 'argon2id')
    const tokens = await manyTokens(service.running)
    const requests = statusRequests(root, tokens.slice(0, count))
    const load = { connections, seconds, warmup: WARMUP_SECONDS, requests }
    return await loadServer(service.running, load)
  }
  return { jotter: await measure(undefined), 'jotter, cached': await measure(1) }
}

/** Tokens, then tokens while people log in all the time, from one process. */
async function issueInStorm({ root, connections, seconds, storm: count }: RoundOptions) {
  await using service = await startPeopled(root, 'argon2id')
  const requests = await loginRequests(root, service)
  const issue = { connections, seconds, warmup: WARMUP_SECONDS }
  const idle = await loadServer(service.running, issue)
  const [storm, logins] = await Promise.all([
    loadServer(service.running, issue),
    loadServer(service.running, { ...issue, connections: count, requests }),
  ])
  return { idle, storm, logins }
}

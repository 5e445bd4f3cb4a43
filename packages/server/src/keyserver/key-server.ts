/**
 * The public keys of a key server that KEYSERVER_URL names. Private addresses are allowed, since the
 * operator and no client chooses it. What it said is remembered for a minute; while it cannot answer,
 * a key that it gave is good for some minutes more, and nobody is told that a name is unknown.
 */
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { type Key, thumbprint } from '@jotter/token'
import type { Logger } from 'pino'
import { isClientId } from '../clients/names.ts'
import { boundedWindows } from '../limits/windows.ts'
import { askKeyServer, KeyServerSilent } from './ask.ts'
import { breaker } from './breaker.ts'
import { KeyServerUnavailable, type KeySource } from './key-source.ts'

const TIMEOUT_MS = 2_000
const FRESH_MS = 60_000
/** From when it was asked: so long at most does a key that was withdrawn go on beside a dead server. */
const STALE_MS = 300_000
const UNKNOWN_MS = 5_000
/** A bad answer about one name is not asked for again by each of those who wait for it. */
const FAILED_MS = 1_000
/** So long is a key compared with the next one. */
const COMPARED_MS = 86_400_000
const MAX_NAMES = 10_000

/** Silences in a row after which nobody is asked, and for how long. */
const TRIPS = 3
const REST_MS = 3_000

const MAX_CONNECTIONS = 32
/** Names that are asked for at the same time; whoever comes then is refused at once. */
const MAX_IN_FLIGHT = 1_000

/** How a question ended, for the metrics. */
export type Outcome = 'key' | 'unknown' | 'unusable' | 'silent'

export interface KeyServerDeps {
  url: string
  log: Pick<Logger, 'info' | 'warn'>
  /** Told about every question. */
  asked: (outcome: Outcome, seconds: number) => void
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
  /** Default 2,000. */
  timeoutMs?: number
}

interface Known {
  readonly endsAt: number
  readonly keys: readonly [Key]
  freshUntil: number
  staleUntil: number
}

/** What is not known for a moment: that nobody has the name, or why nobody can say. */
interface Refusal {
  readonly endsAt: number
  readonly error: KeyServerUnavailable | undefined
}

export function keyServer(deps: KeyServerDeps): KeySource {
  const { url, log, asked, monotonic, timeoutMs = TIMEOUT_MS } = deps
  const agent = new (url.startsWith('https:') ? TlsAgent : Agent)({ maxSockets: MAX_CONNECTIONS })
  const known = boundedWindows<Known>(MAX_NAMES)
  const refusals = boundedWindows<Refusal>(MAX_NAMES)
  const inFlight = new Map<string, Promise<readonly Key[] | undefined>>()
  const { mayAsk, answered, silent } = breaker(TRIPS, REST_MS, monotonic)
  let dead = false

  async function ask(identity: string): Promise<readonly Key[] | undefined> {
    const at = monotonic()
    const end = (outcome: Outcome) => asked(outcome, (monotonic() - at) / 1000)
    try {
      const key = await askKeyServer({ url, identity, timeoutMs, agent })
      end(key === undefined ? 'unknown' : 'key')
      isAlive()
      return key === undefined ? forget(identity) : remember(identity, key, at)
    } catch (error) {
      if (!(error instanceof KeyServerUnavailable)) throw error
      const isSilent = error instanceof KeyServerSilent
      end(isSilent ? 'silent' : 'unusable')
      if (!isSilent) isAlive()
      else if (silent()) dead = true
      log.warn({ identity, reason: error.message }, 'the key server could not be used')
      refuse(identity, error, FAILED_MS)
      return stale(identity, error)
    }
  }

  function isAlive(): void {
    answered()
    if (dead) log.info('the key server answers again')
    dead = false
  }

  function remember(identity: string, key: Key, at: number): readonly Key[] {
    const [before] = known.get(identity, at)?.keys ?? []
    if (before !== undefined && !before.keyObject.equals(key.keyObject)) {
      const change = { identity, before: thumbprint(before), now: thumbprint(key) }
      log.warn(change, 'the key server gives another key for this name')
    }
    const keys = [key] as const
    const entry = { keys, freshUntil: at + FRESH_MS, staleUntil: at + STALE_MS }
    known.begin(identity, { ...entry, endsAt: at + COMPARED_MS }, at)
    return keys
  }

  /** Whoever was known is not any more: its key was withdrawn, and is not good for minutes more. */
  function forget(identity: string): undefined {
    const entry = known.get(identity, monotonic())
    if (entry !== undefined) {
      entry.freshUntil = 0
      entry.staleUntil = 0
    }
    refuse(identity, undefined, UNKNOWN_MS)
    return undefined
  }

  function refuse(identity: string, error: Refusal['error'], lastsMs: number): void {
    const at = monotonic()
    refusals.begin(identity, { endsAt: at + lastsMs, error }, at)
  }

  /** @throws `error` when no key was known lately. */
  function stale(identity: string, error: KeyServerUnavailable): readonly Key[] {
    const at = monotonic()
    const entry = known.get(identity, at)
    if (entry === undefined || at >= entry.staleUntil) throw error
    return entry.keys
  }

  return {
    async keysOf(identity) {
      // Nobody is asked about a name that nobody can have.
      if (!isClientId(identity)) return undefined
      const at = monotonic()
      const entry = known.get(identity, at)
      if (entry !== undefined && at < entry.freshUntil) return entry.keys
      const refusal = refusals.get(identity, at)
      if (refusal !== undefined) return refusal.error && stale(identity, refusal.error)

      const asking = inFlight.get(identity)
      if (asking !== undefined) return asking
      if (inFlight.size >= MAX_IN_FLIGHT)
        return stale(identity, unasked('it is asked for too much'))
      if (!mayAsk()) return stale(identity, unasked('it has not answered lately'))
      const answer = ask(identity).finally(() => inFlight.delete(identity))
      inFlight.set(identity, answer)
      return answer
    },
  }
}

const unasked = (why: string) => new KeyServerUnavailable(why)

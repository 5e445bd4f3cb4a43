/**
 * What is revoked, in the memory of this process: everything unexpired is read at the start, and what
 * any node of the database revokes afterwards is read as it comes. A look-up asks nobody. When the
 * database has not confirmed the set for too long, nobody is told that a token is good.
 */
import { randomInt } from 'node:crypto'
import timers from 'node:timers/promises'
import type { Logger } from 'pino'
import { ServiceError } from '../errors.ts'
import { type RevocationFeed, revocationFeed } from './feed.ts'
import { heldRevocations, type RevocableToken } from './held.ts'
import type { Revocation, RevocationPage, RevocationStore } from './store.ts'
import { waitingRoom } from './waiting.ts'

/** Between readings where the engine does not tell of changes, and where it does. */
const POLL_MS = 250
const POLL_WATCHED_MS = 1_000
/** Older than this without a failure, a set is of a process that stood still: it reads first. */
const STOOD_STILL_MS = 1_500
/** Each pause is longer or shorter by up to this share: nodes must not read in step. */
const JITTER = 0.2
/** Looked at between two readings for having expired. */
const SWEEP_STEP = 5_000
/** Held for so long after the last token has expired: clocks of nodes differ. */
const KEPT_MS = 60_000
/** Readers of the feed that wait for news at once. */
const MAX_WAITING = 1_000

export interface RevocationDeps {
  store: RevocationStore
  /** For how long the set counts after the database has confirmed it. */
  maxAgeSeconds: number
  log: Logger
  /** Epoch milliseconds. */
  now: () => number
  /** Milliseconds of a clock that is never set back, and goes on while the process is stopped. */
  monotonic: () => number
}

export interface Revocations {
  /**
   * Whether this token was revoked: by its `jti`, its `sid`, or all of its `sub` from before. Asks
   * nobody.
   *
   * @throws {ServiceError} `revocations_stale` when it is not known to be, and the set was not
   *   confirmed for `maxAgeSeconds`.
   */
  isRevoked(token: RevocableToken): boolean
  /**
   * Fulfils when `isRevoked` can answer: at once, or after one reading when time has passed without
   * one, as in a process that was stopped and goes on. Ask before each token, and it is right then too.
   *
   * @throws {ServiceError} `revocations_stale` as `isRevoked`.
   */
  confirmed(): Promise<void>
  /** What this process has revoked counts here from now on, whether or not it can be read back. */
  add(revocation: Revocation): void
  /**
   * For who has ended sessions that it cannot name: reads them. When that fails, no token is accepted
   * here until they were read.
   */
  readBack(): Promise<void>
  /**
   * Reads what was revoked until now.
   *
   * @throws {StoreUnavailable}
   */
  catchUp(): Promise<void>
  /** In order, for readers elsewhere. */
  readonly feed: Pick<RevocationFeed, 'horizon' | 'page'>
  /** Fulfils with true when the feed may hold more; with false when that is not waited for any more. */
  news(over: AbortSignal): Promise<boolean>
  /** How many wait for news. */
  readonly waiting: number
  /** From now on nobody waits for news. */
  dismiss(): void
  /** Everything that was revoked until then is known: epoch milliseconds. */
  readonly asOf: number
  /** How many are held. */
  readonly size: number
  /** Seconds since the database has confirmed the set. */
  readonly ageSeconds: number
  /** Fulfils when `signal` has aborted and nothing is asked of the database any more. */
  readonly closed: Promise<void>
}

/**
 * Fulfils when everything is read. Follows the database until `signal` aborts.
 *
 * @throws {StoreUnavailable} When the database does not answer.
 */
export async function revocations(deps: RevocationDeps, signal: AbortSignal): Promise<Revocations> {
  const { store, maxAgeSeconds, log, now, monotonic } = deps
  const held = heldRevocations()
  const feed = revocationFeed()
  const room = waitingRoom(MAX_WAITING)
  const started = { at: now(), monotonic: monotonic() }
  let confirmedAt = Number.NEGATIVE_INFINITY
  let asOf = started.at
  let failing = false
  /** Something has ended here that is not among what is held. */
  let unread = false
  let reading: Promise<void> | undefined
  let next: Promise<void> | undefined

  const age = () => monotonic() - confirmedAt
  const isStale = () => unread || age() > maxAgeSeconds * 1000

  async function read(): Promise<void> {
    // From before it was asked: what is revoked while the answer is on its way is not in it.
    const [at, time] = [monotonic(), now()]
    try {
      let page = await store.read(feed.horizon)
      // Of a database that was put back or begun anew: its positions mean other things.
      if (page.horizon < feed.horizon) page = await store.read(0)
      take(page)
      confirmedAt = at
      asOf = time
      unread = false
    } catch (err) {
      if (!failing) log.error({ err }, 'revocations cannot be read')
      failing = true
      throw err
    }
    if (failing) log.info('revocations are read again')
    failing = false
  }

  function take(page: RevocationPage): void {
    for (const item of page.items) held.keep(item)
    feed.take(page)
    if (page.items.length > 0) room.wake()
  }

  /** One that begins now; or after the one that is under way, which may have missed something. */
  function catchUp(): Promise<void> {
    if (reading === undefined) {
      reading = read().finally(() => {
        reading = undefined
      })
      return reading
    }
    next ??= reading
      .catch(() => {})
      .then(() => {
        next = undefined
        return catchUp()
      })
    return next
  }

  async function poll(pause: number): Promise<void> {
    const jitter = Math.round(pause * JITTER)
    while (!signal.aborted) {
      const ms = pause + randomInt(-jitter, jitter + 1)
      await timers.setTimeout(ms, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) break
      await catchUp().catch(() => {})
      sweep()
    }
  }

  /** By the earlier of two clocks: one that is wrong for a moment must not cost a revocation. */
  function sweep(): void {
    const agreed = Math.min(now(), started.at + monotonic() - started.monotonic)
    if (held.sweep(agreed - KEPT_MS, SWEEP_STEP)) feed.drop(agreed - KEPT_MS)
  }

  async function watch() {
    return store.watch?.(() => void catchUp().catch(() => {}))
  }

  async function follow(): Promise<void> {
    const unwatch = await watch().catch(() => undefined)
    await poll(unwatch === undefined ? POLL_MS : POLL_WATCHED_MS)
    room.close()
    await unwatch?.()
    await Promise.allSettled([reading, next])
  }

  await catchUp()
  const closed = follow()

  return {
    closed,
    isRevoked(token) {
      if (held.refuses(token)) return true
      if (isStale()) throw stale()
      return false
    },
    async confirmed() {
      // Who is told that the database does not answer must not wait for it to say so again.
      if (age() > STOOD_STILL_MS && !failing) await catchUp().catch(() => {})
      if (isStale()) throw stale()
    },
    add(revocation) {
      held.keep(revocation)
    },
    readBack: () =>
      catchUp().catch(() => {
        unread = true
      }),
    catchUp,
    feed,
    news: room.wait,
    get waiting() {
      return room.size
    },
    dismiss: room.close,
    get asOf() {
      return asOf
    },
    get size() {
      return held.size
    },
    get ageSeconds() {
      return age() / 1000
    },
  }
}

const stale = () => new ServiceError('revocations_stale', { headers: { 'retry-after': '1' } })

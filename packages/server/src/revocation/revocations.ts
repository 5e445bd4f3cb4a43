/**
 * What is revoked, in the memory of this process: everything unexpired is read at the start, and what
 * any node of the database revokes afterwards is read as it comes. A look-up asks nobody. When the
 * database has not confirmed the set for too long, nobody is told that a token is good.
 */
import type { Logger } from 'pino'
import { ServiceError } from '../errors.ts'
import { poll, replicaOf } from '../replica.ts'
import { type RevocationFeed, revocationFeed } from './feed.ts'
import { heldRevocations, type RevocableToken } from './held.ts'
import type { Revocation, RevocationStore } from './store.ts'
import { waitingRoom } from './waiting.ts'

/** Between readings where the engine does not tell of changes, and where it does. */
const POLL_MS = 250
const POLL_WATCHED_MS = 1_000
/** Older than this without a failure, a set is of a process that stood still: it reads first. */
const STOOD_STILL_MS = 1_500
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
  let asOf = started.at
  /** Something has ended here that is not among what is held. */
  let unread = false

  const replica = replicaOf({
    name: 'revocations',
    async fetch() {
      const time = now()
      let page = await store.read(feed.horizon)
      // Of a database that was put back or begun anew: its positions mean other things.
      if (page.horizon < feed.horizon) page = await store.read(0)
      return { page, time }
    },
    take({ page, time }) {
      for (const item of page.items) held.keep(item)
      feed.take(page)
      if (page.items.length > 0) room.wake()
      asOf = time
      unread = false
    },
    log,
    monotonic,
  })

  const isStale = () => unread || replica.ageMs > maxAgeSeconds * 1000

  async function catchUp(): Promise<void> {
    await replica.read()
  }

  async function turn(): Promise<void> {
    await catchUp().catch(() => {})
    sweep()
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
    await poll(turn, unwatch === undefined ? POLL_MS : POLL_WATCHED_MS, signal)
    room.close()
    await unwatch?.()
    await replica.settled()
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
      await replica.readIfOlder(STOOD_STILL_MS)
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
      return replica.ageMs / 1000
    },
  }
}

const stale = () => new ServiceError('revocations_stale')

import { createHash } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { addressBucket } from '../limits/address.ts'
import { boundedQueue } from './queue.ts'

/** How attempts with one key are slowed down. No key is ever refused for good. */
export interface AttemptPolicy {
  /** So many may go wrong before the first delay. */
  readonly free: number
  /** The first delay; each further attempt doubles it. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** So long after the first one all is forgotten. */
  readonly windowMs: number
}

/**
 * What is kept about attempts; a store that several nodes share can take the place of the memory.
 * Keys are 43 characters of base64url, and whoever keeps them may forget the oldest.
 */
export interface AttemptStore {
  /**
   * Counts an attempt before its outcome is known, so that many at once are no way around; atomic.
   * From `policy.free` on, each that is counted sets a delay for the next.
   *
   * @returns 0 when it was counted, else the milliseconds until the next one is.
   */
  take(key: string, policy: AttemptPolicy): Promise<number>
  /** Takes one back that was not wrong after all, and the delay that it has set. */
  giveBack(key: string): Promise<void>
  reset(key: string): Promise<void>
  /** Keeps in mind that `key` has succeeded. */
  remember(key: string): Promise<void>
  remembers(key: string): Promise<boolean>
  /**
   * Drops what is forgotten since before `before` (epoch milliseconds), at most `limit`; answers how
   * many. A store that is bounded by itself has nothing to drop.
   */
  purge(before: number, limit: number): Promise<number>
}

/** So long is an address known from which an account was entered. */
export const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000

/** Milliseconds until the next attempt is let through, after `count` of them. */
export const delayAfter = (
  count: number,
  { free, firstDelayMs, maxDelayMs }: AttemptPolicy,
): number => (count < free ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** (count - free)))

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** 15 guesses in the first 17 minutes, then 4 an hour: some 110 a day. */
const PER_ACCOUNT: AttemptPolicy = {
  free: 5,
  firstDelayMs: SECOND,
  maxDelayMs: 15 * MINUTE,
  windowMs: DAY,
}
/** Behind one address there may be a whole office, or somebody with one password for all names. */
const PER_ADDRESS: AttemptPolicy = {
  free: 100,
  firstDelayMs: SECOND,
  maxDelayMs: MINUTE,
  windowMs: HOUR,
}

/** How many wait while others try the same account: their outcome may make way for them. */
const WAITING = 100

export interface AttemptDeps {
  store: AttemptStore
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
  perAccount?: AttemptPolicy
  perAddress?: AttemptPolicy
}

/** Who tries. */
export interface Attempt {
  /**
   * The canonical name that was given, whether there is such an account or not: unknown names are
   * counted alike, so that no answer tells them apart.
   */
  readonly account: string
  /** The address of the caller; an IPv6 address counts as its /64. */
  readonly address: string
}

export type Attempts = ReturnType<typeof attemptLimits>

/**
 * Slows down who guesses passwords: per account, whoever tries, and per address, whatever is tried.
 *
 * An address from which an account has been entered before is counted by itself for that account:
 * others who guess at it elsewhere do not lock its owner out.
 */
export function attemptLimits({
  store,
  monotonic,
  perAccount = PER_ACCOUNT,
  perAddress = PER_ADDRESS,
}: AttemptDeps) {
  const lines = new Map<
    string,
    { readonly queue: ReturnType<typeof boundedQueue>; users: number }
  >()

  /** At once no more than may go wrong: of 50 with the right password none is refused. */
  async function inLine<T>(key: string, work: () => Promise<T>): Promise<T> {
    let line = lines.get(key)
    if (line === undefined) {
      const queue = boundedQueue({ inFlight: perAccount.free, waiting: WAITING }, monotonic)
      line = { queue, users: 0 }
      lines.set(key, line)
    }
    line.users += 1
    try {
      return await line.queue.run(work)
    } finally {
      line.users -= 1
      if (line.users === 0) lines.delete(key)
    }
  }

  return {
    /**
     * Runs `check` unless too many attempts went wrong, and answers what it answers: true for the
     * right password, which clears the account. What throws counts as no attempt.
     *
     * @throws {ServiceError} `rate_limited`, without a look at the password; `busy`.
     */
    async attempt(who: Attempt, check: () => Promise<boolean>): Promise<boolean> {
      const bucket = addressBucket(who.address)
      const address = keyOf('address', bucket)
      const familiar = keyOf('familiar', who.account, bucket)
      const isFamiliar = await store.remembers(familiar)
      const account = isFamiliar ? familiar : keyOf('account', who.account)
      return inLine(account, async () => {
        refuseFor(await store.take(address, perAddress))
        let outcome: boolean | undefined
        try {
          refuseFor(await store.take(account, perAccount))
          try {
            outcome = await check()
          } finally {
            if (outcome === undefined) await store.giveBack(account)
          }
        } finally {
          // Not cleared: who has one account could guess at all others from there.
          if (outcome !== false) await store.giveBack(address)
        }
        if (outcome) {
          await store.reset(account)
          await store.remember(familiar)
        }
        return outcome
      })
    },

    /** Of a registration or a new password: `attempt` knows this address from now on. */
    async entered(who: Attempt): Promise<void> {
      await store.remember(keyOf('familiar', who.account, addressBucket(who.address)))
    },
  }
}

function refuseFor(waitMs: number): void {
  if (waitMs <= 0) return
  const seconds = Math.ceil(waitMs / SECOND)
  throw new ServiceError('rate_limited', {
    detail: 'too many attempts with a wrong password',
    headers: { 'retry-after': String(seconds) },
  })
}

/** Of one length whatever is tried, and nobody's name in a dump of the memory. */
const keyOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url')

import { createHash } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { addressBucket } from '../limits/address.ts'
import { boundedQueues } from './queue.ts'

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
/** So many of one address have a place where all wait for a hash: most of those are left to others. */
const PLACES_OF_ADDRESS = 10

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
   * The id of an account, whichever of its names was given; of an unknown one the canonical name:
   * it is counted alike, so that no answer tells it apart.
   */
  readonly account: string
  /** The address of the caller; an IPv6 address counts as its /64. */
  readonly address: string
}

type Check = () => Promise<boolean>

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
  // At once no more than may go wrong: of 50 with the right password none is refused.
  const accounts = boundedQueues({ inFlight: perAccount.free, waiting: WAITING }, monotonic)
  const addresses = boundedQueues({ inFlight: PLACES_OF_ADDRESS, waiting: WAITING }, monotonic)

  async function attemptInTurn({ account: name, address: bucket }: Attempt, check: Check) {
    const address = keyOf('address', bucket)
    const familiar = keyOf('familiar', name, bucket)
    const isFamiliar = await store.remembers(familiar)
    const account = isFamiliar ? familiar : keyOf('account', name)
    return accounts.run(account, async () => {
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
  }

  /** Runs what costs a hash when it is the turn of `address`. @throws {ServiceError} `busy`. */
  const inTurn = <T>(address: string, work: (bucket: string) => Promise<T>): Promise<T> => {
    const bucket = addressBucket(address)
    return addresses.run(bucket, () => work(bucket))
  }

  return {
    inTurn,

    /**
     * Runs `check` unless too many attempts went wrong, and answers what it answers: true for the
     * right password, which clears the account. What throws counts as no attempt.
     *
     * @throws {ServiceError} `rate_limited`, without a look at the password; `busy`.
     */
    attempt: ({ account, address }: Attempt, check: Check): Promise<boolean> =>
      inTurn(address, (bucket) => attemptInTurn({ account, address: bucket }, check)),

    /** Of a registration: `attempt` knows this address from now on. */
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

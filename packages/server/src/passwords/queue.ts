import { ServiceError } from '../errors.ts'

export interface QueueLimits {
  /** How many pieces of work run at the same time. */
  readonly inFlight: number
  /** How many more wait their turn. */
  readonly waiting: number
}

/**
 * Who would wait longer, by what work has lately taken, is refused at once; who has waited longer
 * all the same is refused instead of served: the caller is gone by then, and others wait.
 */
const MAX_WAIT_MS = 10_000

/** How much the newest measurement counts. */
const WEIGHT = 0.2

/**
 * Runs work in the order it comes, so much of it at a time, and refuses what would wait too long.
 *
 * @param monotonic Milliseconds of a clock that is never set back.
 */
export function boundedQueue({ inFlight, waiting }: QueueLimits, monotonic: () => number) {
  const line: (() => void)[] = []
  let running = 0
  let usualMs = 0

  /** Until who joins the line now is done, as far as can be told. */
  const expectedMs = () => ((line.length + 1) * usualMs) / inFlight

  async function timed<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = monotonic()
    try {
      return await work()
    } finally {
      const took = monotonic() - startedAt
      usualMs = usualMs === 0 ? took : usualMs + WEIGHT * (took - usualMs)
    }
  }

  return {
    /** @throws {ServiceError} `busy`, before `work` is begun. */
    async run<T>(work: () => Promise<T>): Promise<T> {
      const joinedAt = monotonic()
      if (running < inFlight) running += 1
      else {
        if (line.length >= waiting || expectedMs() > MAX_WAIT_MS) throw busy(expectedMs())
        // Who leaves hands its place over: `running` stays.
        await new Promise<void>((resolve) => line.push(resolve))
      }
      try {
        if (monotonic() - joinedAt > MAX_WAIT_MS) throw busy(expectedMs())
        return await timed(work)
      } finally {
        const next = line.shift()
        if (next === undefined) running -= 1
        else next()
      }
    },
  }
}

/** A bounded queue for each key, kept while somebody is in it. */
export function boundedQueues(limits: QueueLimits, monotonic: () => number) {
  const queues = new Map<
    string,
    { readonly queue: ReturnType<typeof boundedQueue>; users: number }
  >()

  return {
    /** @throws {ServiceError} `busy`, before `work` is begun. */
    async run<T>(key: string, work: () => Promise<T>): Promise<T> {
      const known = queues.get(key) ?? { queue: boundedQueue(limits, monotonic), users: 0 }
      queues.set(key, known)
      known.users += 1
      try {
        return await known.queue.run(work)
      } finally {
        known.users -= 1
        if (known.users === 0) queues.delete(key)
      }
    },
  }
}

const busy = (waitMs: number): ServiceError =>
  new ServiceError('busy', {
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  })

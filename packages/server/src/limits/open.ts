import type { Logger } from 'pino'
import type { Metrics } from '../operation/metrics.ts'
import type { Settings } from '../settings.ts'
import type { Rate } from '../settings-kinds.ts'
import { tellAlone } from './alone.ts'
import { type Limiter, memoryLimiter } from './limiter.ts'
import { sharedLimiter } from './shared.ts'
import type { LimitStore } from './store.ts'

export interface LimitersDeps {
  settings: Settings
  /** Where nodes share a database. */
  store: LimitStore | undefined
  metrics: Pick<Metrics, 'limitsAlone'>
  log: Logger
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

/** What is counted, each undefined where its setting is `off`. */
export function openLimiters({ settings, store, metrics, log, monotonic }: LimitersDeps) {
  function countsAlone(alone: boolean): void {
    metrics.limitsAlone(alone)
    if (alone) log.warn('this node counts rate limits alone: the database does not answer')
    else log.info('rate limits are counted by all nodes again')
  }

  const limits = store && tellAlone(store, monotonic, countsAlone)
  const limiter = (name: string, rate: Rate | undefined): Limiter | undefined =>
    rate &&
    (limits === undefined
      ? memoryLimiter(name, rate, monotonic)
      : sharedLimiter(name, rate, limits, monotonic))

  return {
    perAddress: limiter('address', settings.RATE_LIMIT),
    perKey: limiter('key', settings.RATE_LIMIT_KEY),
    perPhone: limiter('phone', settings.RATE_LIMIT_PHONE),
    wrongKeys: limiter('wrong_key', settings.RATE_LIMIT_WRONG_KEY),
    registrations: limiter('register', settings.RATE_LIMIT_REGISTER),
  }
}

/**
 * What becomes of keys when its date has come: of all nodes one makes the next key, lets it sign, and
 * ends what no token needs any more. Knows no timers: somebody calls it with what was read.
 */
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { CLOCKS_APART_MS, type DutyStore } from '../duties.ts'
import type { KeyService } from './service.ts'
import type { KeyStore, StoredKey } from './store.ts'
import type { KeyUse } from './uses.ts'

const DAY_MS = 86_400_000
/** How long another node waits for the one that has begun. */
const HELD_MS = 10_000
/** For so long one can still ask what became of a key. */
const RETIRED_KEPT_MS = 400 * DAY_MS

export interface ScheduleDeps {
  service: KeyService
  store: KeyStore
  duties: DutyStore
  uses: readonly KeyUse[]
  /** Kids of rows that others have changed: they stay as they are, for somebody to look at. */
  damaged: () => readonly string[]
  publicationMs: number
  /** Days after which a key is followed by another; 0 for never. */
  rotationDays: number
  log: Logger
  /** Epoch milliseconds. */
  now: () => number
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

type Work = () => Promise<boolean>

export function keySchedule(deps: ScheduleDeps) {
  const { service, store, duties, uses, publicationMs, rotationDays } = deps
  const { damaged, log, now, monotonic } = deps
  const node = randomUUID()
  /** By kid and state: when, by the clock that is never set, its date has come at the earliest. */
  let earliest = new Map<string, number>()

  /**
   * A date counts when both clocks say so: one that was set forward must not let a key sign that others
   * do not know yet, nor end one whose tokens are good.
   */
  const isDue = (key: StoredKey): boolean =>
    key.dueAt !== undefined &&
    key.dueAt <= now() &&
    !damaged().includes(key.kid) &&
    (earliest.get(key.kid + key.state) as number) <= monotonic()

  function watch(rows: readonly StoredKey[]): void {
    const waiting = rows.filter(({ dueAt }) => dueAt !== undefined)
    earliest = new Map(
      waiting.map(({ kid, state, dueAt = 0 }) => {
        const left = dueAt - now()
        // Its maker may have another clock than this node: a whole publication is always enough.
        const wait = state === 'next' ? Math.min(left + CLOCKS_APART_MS, publicationMs) : left
        return [kid + state, earliest.get(kid + state) ?? monotonic() + wait]
      }),
    )
  }

  /** A key that is older than it may be by the time that another can follow it, or from the future. */
  const isOld = ({ stateAt }: StoredKey): boolean =>
    rotationDays > 0 &&
    (now() >= stateAt + rotationDays * DAY_MS - publicationMs || stateAt > now() + CLOCKS_APART_MS)

  function* workOf(rows: readonly StoredKey[]): Generator<Work> {
    for (const { alg, lazy } of uses) {
      const inState = (state: string) => rows.find((key) => key.alg === alg && key.state === state)
      const [active, next] = [inState('active'), inState('next')]
      if (active === undefined && !lazy) yield () => first(alg)
      else if (next !== undefined && isDue(next)) yield () => promote(next, active)
      else if (next === undefined && active && isOld(active)) yield () => follow(alg)
    }
    for (const key of rows) {
      if (key.state === 'retiring' && isDue(key)) yield () => retire(key)
    }
    const before = now() - RETIRED_KEPT_MS
    if (rows.some(({ state, stateAt }) => state === 'retired' && stateAt < before)) {
      yield async () => (await store.purge(before)) > 0
    }
  }

  async function first(alg: string): Promise<boolean> {
    const { kid } = await service.have(alg, 'active')
    log.warn({ kid, alg }, 'no key was there to sign: another one was made')
    return true
  }

  async function follow(alg: string): Promise<boolean> {
    const { kid, dueAt = 0 } = await service.have(alg, 'next')
    log.info({ kid, alg, promote_at: new Date(dueAt) }, 'a signing key was made')
    return true
  }

  async function promote(next: StoredKey, active: StoredKey | undefined): Promise<boolean> {
    const { kid, alg } = next
    const done = await service.take('promote', next, active)
    if (done) log.info({ kid, alg, replaces: active?.kid }, 'a signing key signs from now on')
    return done
  }

  async function retire(key: StoredKey): Promise<boolean> {
    const { kid, alg } = key
    const done = await service.take('retire', key)
    if (done) log.info({ kid, alg }, 'a signing key is retired')
    return done
  }

  /**
   * Does what is due, unless another node has begun to; true when something was changed.
   *
   * @throws {StoreUnavailable}
   */
  return async (rows: readonly StoredKey[]): Promise<boolean> => {
    watch(rows)
    const work = [...workOf(rows)]
    if (work.length === 0) return false
    const at = now()
    if (!(await duties.claim({ duty: 'keys', node, claimedAt: at, until: at + HELD_MS })))
      return false
    let changed = false
    for (const one of work) if (await one()) changed = true
    return changed
  }
}

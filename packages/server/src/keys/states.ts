/**
 * The life of a key: `next`, `active`, `retiring`, `retired`. All changes of state there are, one row
 * each. Knows no database: a change is a list of steps that a store takes whole or not at all.
 */
import type { KeyStep, StoredKey } from './store.ts'

interface Transition extends Pick<KeyStep, 'from' | 'to'> {
  /** Its date must have come: it was published long enough, or its last token has expired. */
  readonly whenDue: boolean
  /** It must first sign something that its public half verifies. */
  readonly proof: boolean
  /** Nothing may sign with its algorithm. */
  readonly unused: boolean
  /** What becomes of the key that has signed until then. */
  readonly before?: 'retiring' | 'retired'
}

const AT_ANY_TIME = { whenDue: false, proof: false, unused: false } as const

export const TRANSITIONS = {
  /** Signs from now on, and the one before only verifies. */
  promote: {
    ...{ from: 'next', to: 'active', whenDue: true, proof: true, unused: false },
    before: 'retiring',
  },
  /** Emergency: signs at once, and of the one before nothing is accepted any more. */
  succeed: {
    ...{ from: 'next', to: 'active', whenDue: false, proof: true, unused: false },
    before: 'retired',
  },
  /** The last token that it has signed is over. */
  retire: { from: 'retiring', to: 'retired', whenDue: true, proof: false, unused: false },
  /** Emergency: its tokens are refused. */
  revoke: { from: 'retiring', to: 'retired', ...AT_ANY_TIME },
  /** It has signed nothing yet. */
  discard: { from: 'next', to: 'retired', ...AT_ANY_TIME },
  /** Of an algorithm that is not in use any more: no other has to follow. */
  withdraw: { from: 'active', to: 'retiring', ...AT_ANY_TIME, unused: true },
  /** The same in an emergency. */
  abolish: { from: 'active', to: 'retired', ...AT_ANY_TIME, unused: true },
} as const satisfies Record<string, Transition>

export type TransitionName = keyof typeof TRANSITIONS

/**
 * What a store is asked for.
 *
 * @param at Epoch milliseconds.
 * @param before The key that signs with this algorithm until then, if any.
 */
export function stepsOf(
  name: TransitionName,
  { kid }: Pick<StoredKey, 'kid'>,
  at: number,
  before?: Pick<StoredKey, 'kid'>,
): [KeyStep, ...KeyStep[]] {
  const { from, to, whenDue, before: after }: Transition = TRANSITIONS[name]
  const step: KeyStep = { kid, from, to, at, whenDue }
  if (after === undefined || before === undefined) return [step]
  // First: of an algorithm only one key may be active.
  return [{ kid: before.kid, from: 'active', to: after, at }, step]
}

/** How a key leaves its state in an emergency, which asks for no date; undefined once it is retired. */
export function emergencyOf({ state }: StoredKey, inUse: boolean): TransitionName | undefined {
  if (state === 'next') return 'discard'
  if (state === 'retiring') return 'revoke'
  if (state === 'active') return inUse ? 'succeed' : 'abolish'
  return undefined
}

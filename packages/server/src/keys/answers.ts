/** How signing keys look in JSON: public parts, states and dates. */
import { timeText } from '../http.ts'
import type { RotationPlan } from './service.ts'
import type { StoredKey } from './store.ts'

const orNull = (at: number | undefined): string | null => (at === undefined ? null : timeText(at))

export const signingKeyAnswer = (key: StoredKey) => ({
  kid: key.kid,
  alg: key.alg,
  state: key.state,
  created_at: timeText(key.createdAt),
  state_at: timeText(key.stateAt),
  promote_at: key.state === 'next' ? orNull(key.dueAt) : null,
  retire_at: key.state === 'retiring' ? orNull(key.dueAt) : null,
  public_jwk: JSON.parse(key.publicJwk) as Record<string, string>,
})

export const signingKeysAnswer = (keys: readonly StoredKey[]) => ({
  items: keys.map(signingKeyAnswer),
})

export const rotationAnswer = (plan: RotationPlan) => ({
  alg: plan.alg,
  kid: plan.kid ?? null,
  promote_at: timeText(plan.promoteAt),
  replaces: plan.replaces ?? null,
  retire_at: orNull(plan.retireAt),
  emergency: plan.emergency,
})

export const rotationsAnswer = (plans: readonly RotationPlan[]) => ({
  items: plans.map(rotationAnswer),
})

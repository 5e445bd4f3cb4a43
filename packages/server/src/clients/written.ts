import type { ClientChange } from './store.ts'

/** What a client is given, as requests say it. */
export interface WrittenPolicy {
  readonly not_before_seconds?: number | undefined
  readonly lifetime_seconds?: number | undefined
  readonly max_uses?: number | null | undefined
  readonly audience?: string | null | undefined
  readonly strict?: boolean | null | undefined
  readonly disabled?: boolean | undefined
}

/** What is given. Null is given too, and stands for what a client has that says nothing. */
export function changeOf(written: WrittenPolicy): ClientChange {
  const members = {
    notBeforeSeconds: written.not_before_seconds,
    lifetimeSeconds: written.lifetime_seconds,
    maxUses: written.max_uses,
    audience: written.audience,
    strict: written.strict,
    disabled: written.disabled,
  }
  const present = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present.map(([name, value]) => [name, value ?? undefined]))
}

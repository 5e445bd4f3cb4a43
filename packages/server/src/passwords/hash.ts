/**
 * Hashes of passwords, as they are stored: argon2id in PHC format, bcrypt in its own. Each names its
 * own parameters. Knows no rules about passwords and no queue; both libraries hash on libuv's pool.
 */
import { BCRYPT_BYTES } from './rules.ts'

// Loaded with the first password: each takes 5 ms and 5 MB, and most services need one or neither.
const loadArgon2 = () => import('@node-rs/argon2')
const loadBcrypt = () => import('@node-rs/bcrypt')

/** What new hashes are made with. */
export type HashParameters =
  | { readonly hash: 'argon2id' }
  /** `cost`: the power of two of the rounds. */
  | { readonly hash: 'bcrypt'; readonly cost: number }

/** OWASP, Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Not 2x, whose hashes come from a defective implementation. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const ARGON2 =
  /^\$argon2(?:id|i|d)\$v=(?:16|19)\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}$/

/**
 * A stored hash that asks for more is none: it would hold the pool for minutes, or take the memory
 * of the whole service. libsodium's `MODERATE` (256 MiB, 3 passes) is let through.
 */
const MAX_BCRYPT_COST = 16
const MAX_ARGON2_KIB = 256 * 1024
const MAX_ARGON2_WORK_KIB = 4 * MAX_ARGON2_KIB

export async function makeHash(text: string, parameters: HashParameters): Promise<string> {
  if (parameters.hash === 'argon2id') return (await loadArgon2()).hash(text, ARGON2ID)
  return (await loadBcrypt()).hash(text, { cost: parameters.cost })
}

/** A hash that no password has, and that takes as long to verify as one that `makeHash` makes. */
export function dummyHash(parameters: HashParameters): string {
  return parameters.hash === 'bcrypt'
    ? `${prefixOf(parameters)}${'.'.repeat(53)}`
    : `${prefixOf(parameters)}${'A'.repeat(22)}$${'A'.repeat(43)}`
}

/** Whether `stored` is a hash that can be verified here: otherwise it verifies nothing. */
export function isHash(stored: string): boolean {
  const [, cost] = BCRYPT.exec(stored) ?? []
  if (cost !== undefined) return Number(cost) >= 4 && Number(cost) <= MAX_BCRYPT_COST
  const [, kib = 0, passes = 0, lanes = 0] = (ARGON2.exec(stored) ?? []).map(Number)
  // RFC 9106 §3.1: one pass, one lane and 8 KiB for each are the least.
  const isRun = passes >= 1 && lanes >= 1 && kib >= 8 * lanes
  return isRun && kib <= MAX_ARGON2_KIB && kib * passes <= MAX_ARGON2_WORK_KIB
}

/** @param stored What `isHash` has let through. */
export async function matches(text: string, stored: string): Promise<boolean> {
  if (!BCRYPT.test(stored)) return (await loadArgon2()).verify(stored, text)
  // Hashed all the same, so that the time does not tell of which kind the hash is.
  const same = await (await loadBcrypt()).verify(text, stored)
  return same && Buffer.byteLength(text) <= BCRYPT_BYTES
}

/** Whether `stored` was made otherwise than `makeHash` makes one now. */
export const isOutdated = (stored: string, parameters: HashParameters): boolean =>
  !stored.startsWith(prefixOf(parameters))

/** What every hash begins with that `makeHash` makes. */
function prefixOf(parameters: HashParameters): string {
  if (parameters.hash === 'bcrypt') return `$2b$${String(parameters.cost).padStart(2, '0')}$`
  const { memoryCost, timeCost, parallelism } = ARGON2ID
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`
}

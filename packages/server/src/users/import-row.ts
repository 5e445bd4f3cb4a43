/** A user of another system as a row tells of it, and what is wrong with such a row. Asks nobody. */
import { isHash } from '../passwords/hash.ts'
import { emailAddress, userName } from './names.ts'
import type { User } from './store.ts'

export interface ImportRow {
  readonly username: string
  readonly email: string
  readonly password_hash: string
  /** Default true. */
  readonly active?: boolean | undefined
  /** RFC 3339. Default: now. */
  readonly created_at?: string | undefined
}

export type ImportedUser = Pick<
  User,
  'username' | 'email' | 'passwordHash' | 'active' | 'createdAt'
>

/** RFC 3339 §5.6, with the space that its note allows. */
const TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+-]\d\d:\d\d)$/

/** The problem never holds the row's hash: it is told to people and kept in logs. */
export function readImportRow(
  { username, email, password_hash, active = true, created_at }: ImportRow,
  now: number,
): { readonly user: ImportedUser } | { readonly problem: string } {
  const name = userName(username)
  if ('problem' in name) return { problem: `username ${name.problem}` }
  const address = emailAddress(email)
  if ('problem' in address) return { problem: `email ${address.problem}` }
  if (!isHash(password_hash)) {
    return {
      problem:
        'password_hash must be bcrypt ($2a$, $2b$, $2y$, cost 4 to 16) or argon2 in PHC format (at most 256 MiB)',
    }
  }
  const createdAt = created_at === undefined ? now : timeOf(created_at)
  if (Number.isNaN(createdAt)) {
    return { problem: 'created_at must be an RFC 3339 time, as 2026-11-22T12:00:00Z' }
  }
  if (createdAt < 0 || createdAt > now) return { problem: 'created_at must be from 1970 to now' }
  return {
    user: { username: name, email: address, passwordHash: password_hash, active, createdAt },
  }
}

/** Epoch milliseconds; NaN for what is no time. */
function timeOf(text: string): number {
  const [, day = '', time = '', zone = ''] = TIME.exec(text) ?? []
  const at = Date.parse(`${day}T${time}${zone.toUpperCase()}`)
  // Date.parse takes the 30th of February for the 2nd of March.
  return Number.isNaN(at) || new Date(day).toISOString().startsWith(day) ? at : Number.NaN
}

/** Whether a token is accepted, as `jotter token verify` asks: by a given key, or as our own. */
import {
  type Claims,
  decodeUnverified,
  type JoseHeader,
  type Key,
  TokenError,
  type VerifiedClaims,
  type VerifyOptions,
  verifyToken,
} from '@jotter/token'
import { ERRORS, type ErrorCode } from '../errors.ts'
import type { ReadSettings } from '../settings-sources.ts'
import type { Admin } from './admin.ts'
import { demandCustomer, openLocal } from './admin-local.ts'
import type { Context } from './context.ts'
import { serviceFailure } from './failure.ts'
import { relative } from './times.ts'

export interface Accepted {
  readonly valid: true
  readonly header: JoseHeader
  readonly claims: VerifiedClaims
}

export interface Refused {
  readonly valid: false
  /** A stable name: a reason of the token package, or what is wrong with the transaction. */
  readonly reason: string
  readonly text: string
  readonly detail: readonly string[]
}

export type Verdict = Accepted | Refused

/** What the line demands of the token. */
export interface Demands {
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  readonly leewaySeconds: number
}

/** By keys that the operator gives. Without an issuer in `demands`, any will do. */
export function checkGiven(
  { now }: Context,
  token: string,
  keys: readonly Key[],
  demands: Demands,
): Promise<Verdict> {
  return check(token, keys, { issuer: issuerOf(token), ...wantedOf(demands), clock: seconds(now) })
}

/** As a transaction token of this installation, whose transaction must be known and open. */
export async function checkOwn(
  context: Context,
  read: ReadSettings,
  token: string,
  demands: Demands,
): Promise<Verdict> {
  await using admin = await openLocal(context, read)
  const customer = demandCustomer(read.settings)
  if (customer.key === undefined) throw serviceFailure('flow_not_configured')
  const verdict = await check(token, [customer.key], {
    issuer: customer.id,
    requiredClaims: ['iat', 'phn', 'xid'],
    ...wantedOf(demands),
    clock: seconds(context.now),
  })
  // Awaited here: the store is let go of when this function ends.
  return verdict.valid ? await checkTransaction(admin, verdict) : verdict
}

async function check(
  token: string,
  keys: readonly Key[],
  options: VerifyOptions,
): Promise<Verdict> {
  try {
    const claims = await verifyToken(token, keys, options)
    return { valid: true, header: decodeUnverified(token).header, claims }
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    const { reason, message, detail } = error
    const known = [detail, timeOf(token, detail, options.clock())].filter(
      (text) => text !== undefined,
    )
    return {
      valid: false,
      reason,
      text: message,
      detail: known.length > 0 ? [known.join(': ')] : [],
    }
  }
}

async function checkTransaction(admin: Admin, accepted: Accepted): Promise<Verdict> {
  const { xid, phn } = accepted.claims
  const refuse = (reason: string, text: string): Refused => ({
    valid: false,
    reason,
    text,
    detail: [`xid ${xid}`],
  })
  const refuseAs = (code: ErrorCode) => refuse(code, ERRORS[code].title)
  const transaction = await admin.transaction(String(xid))
  if (transaction === undefined) return refuseAs('transaction_not_found')
  if (transaction.phone_number !== phn) return refuseAs('xid_conflict')
  const { status } = transaction
  if (status === 'revoked') return refuse('revoked', 'The transaction was revoked')
  if (status === 'completed' || status === 'failed') return refuseAs('transaction_closed')
  return accepted
}

const seconds = (now: () => number) => () => now() / 1000

const wantedOf = ({ issuer, audience, leewaySeconds }: Demands) => ({
  ...(issuer !== undefined && { issuer }),
  audience,
  leewaySeconds,
})

/** What the token itself says, so that comparing it refuses nobody but those who say nothing. */
function issuerOf(token: string): string {
  const { iss } = claimsOf(token)
  return typeof iss === 'string' && iss !== '' ? iss : 'any'
}

/** `2026-11-22T12:00:00.000Z (3m ago)` where the claim that was refused is a time. */
function timeOf(token: string, claim: string | undefined, now: number): string | undefined {
  const value = claim === undefined ? undefined : claimsOf(token)[claim]
  if (typeof value !== 'number' || !['iat', 'nbf', 'exp'].includes(claim ?? '')) return undefined
  const date = new Date(value * 1000)
  if (Number.isNaN(date.getTime())) return undefined
  return `${date.toISOString()} (${relative(date.getTime(), now * 1000)})`
}

function claimsOf(token: string): Claims {
  try {
    return decodeUnverified(token).payload ?? {}
  } catch {
    return {}
  }
}

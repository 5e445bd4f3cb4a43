/**
 * The rules of transaction tokens: a backend asks for a token for a phone number, and finds the
 * transaction again by its xid. No HTTP, no SQL; time is passed in.
 */
import { createHash } from 'node:crypto'
import { type Key, signToken } from '@jotter/token'
import { ServiceError } from '../../errors.ts'
import { type Page, pageOf } from '../../paging.ts'
import { uuidv7 } from '../../uuid.ts'
import {
  type HistoryEntry,
  RETRY_KEPT_MS,
  type Reissue,
  type Retry,
  type Transaction,
  type TransactionQuery,
  type TransactionStore,
  type WholeTransaction,
} from './store.ts'

/** The token is dated back so that a verifier whose clock is behind takes it at once. */
const BACKDATED_SECONDS = 10
/** From `iat` to `exp`: 80 seconds are left when the token is issued. */
const LIFE_SECONDS = 90

/** Not `.` or `..`: clients take these out of every path, so nobody could look them up. */
const XID = /^(?!\.\.?$)[A-Za-z0-9._~-]{1,100}$/

/** Who tokens are issued for (`iss`), and the key that only this customer and TeleSign have. */
export interface Customer {
  readonly id: string
  readonly key: Key
}

export interface TransactionDeps {
  transactions: TransactionStore
  /** The customer with this id; undefined when this service cannot sign for it. */
  customer: (id: string) => Customer | undefined
  storeTokens: 'full' | 'digest'
  /** Refuses by throwing when this phone number has had enough; a promise where that takes time. */
  spendOnPhone: (phoneNumber: string) => unknown
  /** Told about every token that was issued and is durable. */
  onIssue: () => void
  /** Epoch milliseconds. */
  now: () => number
}

export interface IssueRequest {
  customerId: string
  /** Digits only. */
  phoneNumber: string
  xid?: string | undefined
  /** Who asks, for the history: see `HistoryEntry`. */
  by: string
  /** An Idempotency-Key, whose it is, and the SHA-256 of the body it came with. */
  retry?: Claim | undefined
}

type Claim = Pick<Retry, 'caller' | 'key' | 'bodySha256'>

export interface Issued {
  readonly token: string
  readonly xid: string
  readonly phoneNumber: string
  readonly issuedAt: number
  readonly expiresAt: number
}

export type ListedStatus = Transaction['status'] | 'expired'

export interface PageQuery extends Omit<TransactionQuery, 'status'> {
  readonly status?: ListedStatus | undefined
}

export type TransactionService = ReturnType<typeof transactionService>

export function transactionService(deps: TransactionDeps) {
  const { transactions, customer, storeTokens, spendOnPhone, onIssue, now } = deps

  function mint(customerId: string, phoneNumber: string, xid: string, at: number): Promise<Issued> {
    const signer = customer(customerId)
    if (signer === undefined) throw new ServiceError('flow_not_configured')
    const iat = Math.floor(at / 1000) - BACKDATED_SECONDS
    const exp = iat + LIFE_SECONDS
    const claims = { iss: signer.id, iat, exp, phn: phoneNumber, xid }
    return signToken(claims, signer.key).then((token) => ({
      token,
      xid,
      phoneNumber,
      issuedAt: at,
      expiresAt: exp * 1000,
    }))
  }

  const stored = (token: string) =>
    storeTokens === 'full'
      ? { token, tokenSha256: undefined }
      : { token: undefined, tokenSha256: createHash('sha256').update(token).digest('hex') }

  async function remembered({ caller, key }: Claim): Promise<Retry | undefined> {
    const known = await transactions.getRetry(caller, key)
    // Purged a while after that only.
    return known !== undefined && known.issuedAt >= now() - RETRY_KEPT_MS ? known : undefined
  }

  /** The same token again, made from what is known of the first answer. */
  function repeat(known: Retry, bodySha256: string): Promise<Issued> {
    if (known.bodySha256 !== bodySha256) throw new ServiceError('idempotency_mismatch')
    return mint(known.customerId, known.phoneNumber, known.xid, known.issuedAt)
  }

  /** What is stored as `issued` is one or the other, by when it was issued. */
  function storedRange(
    status: ListedStatus | undefined,
    { from = 0, to = Number.MAX_SAFE_INTEGER }: Partial<PageQuery>,
  ) {
    if (status !== 'issued' && status !== 'expired') return { status }
    const edge = expiryEdge(now())
    const range =
      status === 'issued' ? { from: Math.max(from, edge), to } : { from, to: Math.min(to, edge) }
    return { status: 'issued' as const, ...range }
  }

  return {
    /**
     * Mints a token and keeps its transaction; fulfils when that is durable. The same xid and phone
     * number again give the next token of the same transaction.
     *
     * @throws {ServiceError} `xid_invalid`, `xid_conflict` (another phone number has it),
     *   `transaction_closed`, `flow_not_configured`, `rate_limited`, `idempotency_mismatch`.
     */
    async issue({
      customerId,
      phoneNumber,
      xid: wanted,
      by,
      retry,
    }: IssueRequest): Promise<Issued> {
      if (wanted !== undefined && !XID.test(wanted)) throw new ServiceError('xid_invalid')
      if (retry !== undefined) {
        const known = await remembered(retry)
        if (known !== undefined) return repeat(known, retry.bodySha256)
      }
      const spent = spendOnPhone(phoneNumber)
      if (spent instanceof Promise) await spent

      const at = now()
      const xid = wanted ?? uuidv7(at)
      const issued = await mint(customerId, phoneNumber, xid, at)
      const { issuedAt, expiresAt } = issued
      const keptRetry = retry && { ...retry, customerId, xid, phoneNumber, issuedAt }
      const opened: Transaction = {
        customerId,
        xid,
        phoneNumber,
        status: 'issued',
        ...stored(issued.token),
        issuedAt,
        expiresAt,
        updatedAt: at,
        referenceId: undefined,
        openedAt: at,
        openedBy: by,
      }
      const kept =
        (await transactions.insert(opened, keptRetry, wanted === undefined)) ||
        (await transactions.reissue(nextOf(opened), keptRetry))
      if (!kept) {
        const twin = retry && (await remembered(retry))
        if (twin !== undefined) return repeat(twin, (retry as Claim).bodySha256)
        const known = await found(customerId, xid)
        // The refusal does not tell the other phone number.
        throw new ServiceError(
          known.phoneNumber === phoneNumber ? 'transaction_closed' : 'xid_conflict',
        )
      }
      onIssue()
      return issued
    },

    /** @throws {ServiceError} `transaction_not_found`. */
    get: found,

    /**
     * One page, newest first, and where the next one begins. `issued` and `expired` are told apart by
     * the time, not by the row.
     */
    async list({ status, limit, ...query }: PageQuery): Promise<Page<Transaction>> {
      // One more than asked for tells whether there is a next page.
      const range = storedRange(status, query)
      return pageOf(await transactions.list({ ...query, ...range, limit: limit + 1 }), limit)
    },

    /**
     * Ends an open transaction: its token is refused from then on. A revoked one stays revoked.
     *
     * @throws {ServiceError} `transaction_not_found`, `transaction_closed`.
     */
    async revoke(customerId: string, xid: string, by: string): Promise<WholeTransaction> {
      const to: HistoryEntry = { status: 'revoked', at: now(), by, detail: undefined }
      const won = await transactions.advance(customerId, xid, { from: ['issued', 'presented'], to })
      const transaction = await found(customerId, xid)
      if (!won && transaction.status !== 'revoked') throw new ServiceError('transaction_closed')
      return transaction
    },

    /** `expired` where an issued transaction's token has expired, else what is stored. */
    statusOf: ({ status, expiresAt }: Transaction): ListedStatus =>
      status === 'issued' && expiresAt <= now() ? 'expired' : status,
  }

  async function found(customerId: string, xid: string): Promise<WholeTransaction> {
    const transaction = await transactions.get(customerId, xid)
    if (transaction === undefined) throw new ServiceError('transaction_not_found')
    return transaction
  }
}

/** What a transaction that is there already gets: its next token. */
function nextOf({ openedBy, issuedAt, ...issue }: Transaction): Reissue {
  const entry: HistoryEntry = {
    status: 'issued',
    at: issuedAt,
    by: openedBy,
    detail: 'issued again',
  }
  return { ...issue, issuedAt, entry }
}

/** Tokens issued at or after this time (epoch milliseconds) have not expired at `now`. */
function expiryEdge(now: number): number {
  return (Math.floor(now / 1000) - (LIFE_SECONDS - BACKDATED_SECONDS) + 1) * 1000
}

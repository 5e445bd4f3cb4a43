import { type Key, TokenError, type TokenReason } from '@jotter/token'
import { isClientId } from '../../clients/names.ts'
import { DEFAULT_POLICY } from '../../clients/service.ts'
import type { Client, ClientPolicy, ClientStore } from '../../clients/store.ts'
import { type ErrorCode, ServiceError } from '../../errors.ts'
import type { KeySource } from '../../keyserver/key-source.ts'
import type { Revocations } from '../../revocation/revocations.ts'
import { type RequestToken, readRequestToken, requestTokenVerifier } from './request-token.ts'
import type { AssertionStore, UseStore } from './store.ts'
import type { UseClaims, UseTokens } from './use-token.ts'

/** Clients that logged in before, each with its address; all are forgotten when there are more. */
const MAX_FAMILIAR = 10_000

/** A client may be registered at one node and log in at another, whose clock is behind. */
const CLOCKS_APART_SECONDS = 5

/** Throws `rate_limited` when that was too many. */
type Spend = (key: string) => unknown

export interface MachineDeps {
  keySource: KeySource
  clients: Pick<ClientStore, 'find'>
  /** Whether nobody is known but clients; else a key server knows others too. */
  clientsOnly: boolean
  assertions: AssertionStore
  uses: UseStore
  revocations: Pick<Revocations, 'confirmed' | 'isRevoked'>
  tokens: UseTokens
  /** Who we are, to those who log in. */
  issuer: () => string
  /** Whether RFC 7523 holds for clients that do not say. */
  strict: boolean
  /** How far the clocks of clients may be off. */
  leewaySeconds: number
  /** Refused logins, by address: looks whether there were too many, and counts one. */
  guesses: { look: Spend; count: Spend } | undefined
  /** Tokens and counted uses, by client. */
  spendOnClient: Spend
  /** Told about every use token. */
  onIssue: () => void
  /** What is said to who may pass; at least one. */
  lines: readonly string[]
  /** From 0 to below 1. */
  random: () => number
  /** Epoch milliseconds. */
  now: () => number
}

export interface Login {
  /** The request token. */
  readonly token: string
  /** Where it comes from. */
  readonly address: string
}

/** What a use token that we have signed is refused with; all other reasons are one. */
const OF_USE_TOKENS: Readonly<Partial<Record<TokenReason, ErrorCode>>> = {
  not_yet_valid: 'use_token_not_yet_valid',
  expired: 'use_token_expired',
}

export function machineService(deps: MachineDeps) {
  const { keySource, clients, clientsOnly, assertions, uses, revocations, tokens, guesses } = deps
  const familiar = new Set<string>()
  const verifyRequestToken = requestTokenVerifier(deps)

  /** @throws {ServiceError} `identity_unknown`. */
  async function known(identity: string): Promise<{ policy: ClientPolicy; keys: readonly Key[] }> {
    const policy = (await clients.find(identity)) ?? DEFAULT_POLICY
    const keys = policy.disabled ? undefined : await keySource.keysOf(identity)
    if (keys === undefined) throw new ServiceError('identity_unknown')
    return { policy, keys }
  }

  /** What `identity` may be given; its token is used up then. */
  async function accept(identity: string, token: RequestToken): Promise<ClientPolicy> {
    const { policy, keys } = await known(identity)
    const once = await verifyRequestToken(token, keys, {
      identity,
      strict: policy.strict ?? deps.strict,
    }).catch((error: unknown) => refuse(error, () => 'request_token_refused'))
    await deps.spendOnClient(identity)
    // Before it is minted: a crash in between loses a token, it never makes two.
    if (once && !(await assertions.consume(identity, once.jtiSha256, once.expiresAt))) {
      throw new ServiceError('request_token_used')
    }
    return policy
  }

  /** Of a client that is still there and not disabled, and not used up. */
  async function admit({ sub, jti, iat, exp }: UseClaims): Promise<void> {
    const client = await clients.find(sub)
    if (client === undefined ? clientsOnly : client.disabled || isBefore(iat, client)) {
      throw new ServiceError('use_token_revoked')
    }
    if (client?.maxUses === undefined) return
    await deps.spendOnClient(sub)
    if (!(await uses.use(jti, client.maxUses, exp * 1000)))
      throw new ServiceError('use_token_spent')
  }

  return {
    /**
     * The use token for whoever has signed a request token.
     *
     * @throws {ServiceError} `request_token_malformed`, `identity_unknown`, `request_token_refused`,
     *   `request_token_used`, `rate_limited`.
     * @throws {KeyServerUnavailable} When nobody can say whose keys they are.
     */
    async login({ token, address }: Login): Promise<string> {
      const request = readLogin(token)
      const identity = isClientId(request.identity) ? request.identity : undefined
      // Who is known there goes on, however many others behind its address guess. Elsewhere its name,
      // which is no secret, opens nothing.
      const place = `${identity} ${address}`
      if (identity === undefined || !familiar.has(place)) await guesses?.look(address)
      try {
        if (identity === undefined) throw new ServiceError('identity_unknown')
        const policy = await accept(identity, request)
        if (familiar.size >= MAX_FAMILIAR) familiar.clear()
        familiar.add(place)
        const minted = await tokens.mint(identity, policy)
        deps.onIssue()
        return minted
      } catch (error) {
        if (isGuess(error)) await guesses?.count(address)
        throw error
      }
    },

    /**
     * One line for whoever has a use token whose time it is.
     *
     * @throws {ServiceError} `use_token_not_yet_valid`, `use_token_expired`, `use_token_refused`,
     *   `use_token_revoked`, `use_token_spent`, `rate_limited`, `revocations_stale`.
     */
    async use(token: string): Promise<string> {
      const claims = await tokens
        .verify(token)
        .catch((error) => refuse(error, (reason) => OF_USE_TOKENS[reason] ?? 'use_token_refused'))
      await revocations.confirmed()
      const { sub, jti, iat } = claims
      if (revocations.isRevoked({ sub, jti, iat })) throw new ServiceError('use_token_revoked')
      await admit(claims)
      return deps.lines[Math.floor(deps.random() * deps.lines.length)] as string
    },
  }
}

/** @throws {ServiceError} `request_token_malformed`. */
function readLogin(token: string): RequestToken {
  try {
    return readRequestToken(token)
  } catch (error) {
    return refuse(error, () => 'request_token_malformed')
  }
}

/** With the sentence of the reason, which says nothing about the token but what is wrong with it. */
function refuse(error: unknown, codeOf: (reason: TokenReason) => ErrorCode): never {
  if (!(error instanceof TokenError)) throw error
  throw new ServiceError(codeOf(error.reason), { detail: error.message, cause: error })
}

/** Whether a token of then is of another client, which had this id before it was deleted. */
const isBefore = (iat: number, { createdAt }: Pick<Client, 'createdAt'>): boolean =>
  (iat + CLOCKS_APART_SECONDS) * 1000 < createdAt

const isGuess = (error: unknown): boolean =>
  error instanceof ServiceError && (error.status === 401 || error.status === 403)

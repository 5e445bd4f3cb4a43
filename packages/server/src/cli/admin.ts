/**
 * What admin commands ask for, of the local store or of a server elsewhere. Both answer with the
 * documents of the HTTP API, so that `--json` prints the same whichever was asked.
 */
import type { Command } from 'commander'
import type { keyAnswer, keyPageAnswer } from '../api-keys/routes.ts'
import type { NewApiKey } from '../api-keys/service.ts'
import type { clientPageAnswer, wholeClientAnswer } from '../clients/answers.ts'
import type { GivenKeys } from '../clients/keys.ts'
import type { WrittenPolicy } from '../clients/written.ts'
import type { issueAnswer, listedAnswer, wholeAnswer } from '../flows/transaction/answers.ts'
import type { ListedStatus } from '../flows/transaction/service.ts'
import type { rotationsAnswer, signingKeysAnswer } from '../keys/answers.ts'
import type { KeyService, RotationRequest } from '../keys/service.ts'
import type { importAnswer, revokedAnswer, userAnswer, userPageAnswer } from '../users/answers.ts'
import type { ImportRow } from '../users/import-row.ts'
import type { NewUser, UserListQuery } from '../users/service.ts'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'
import { addSettingFlags, settingFlags } from './setting-flags.ts'

export type TokenAnswer = ReturnType<typeof issueAnswer>
export type ListedAnswer = ReturnType<typeof listedAnswer>
export type TransactionAnswer = ReturnType<typeof wholeAnswer>
export type ApiKeyAnswer = ReturnType<typeof keyAnswer>
export type SigningKeysAnswer = ReturnType<typeof signingKeysAnswer>
export type SigningKeyAnswer = SigningKeysAnswer['items'][number]
export type RotationsAnswer = ReturnType<typeof rotationsAnswer>
export type ApiKeyPageAnswer = ReturnType<typeof keyPageAnswer>
export type ClientAnswer = ReturnType<typeof wholeClientAnswer>
export type ClientPageAnswer = ReturnType<typeof clientPageAnswer>
export type UserAnswer = ReturnType<typeof userAnswer>
export type UserPageAnswer = ReturnType<typeof userPageAnswer>
export type RevokedAnswer = ReturnType<typeof revokedAnswer>
export type ImportAnswer = ReturnType<typeof importAnswer>

export interface KeyRetirement {
  emergency: boolean
  /** No server signs with its algorithm any more. */
  unused: boolean
}

export interface PageAnswer {
  items: ListedAnswer[]
  /** What `after` takes for the next page. */
  next: string | null
}

/** Times are epoch milliseconds. */
export interface PageQuery {
  phoneNumber?: string | undefined
  status?: ListedStatus | undefined
  from?: number | undefined
  after?: string | undefined
  limit: number
}

/** Each call throws `CliError`, `ServiceError` or `StoreUnavailable` when it is refused. */
export interface Admin extends AsyncDisposable {
  issue(phoneNumber: string, xid: string | undefined): Promise<TokenAnswer>
  transactions(query: PageQuery): Promise<PageAnswer>
  /** Undefined when the xid is unknown. */
  transaction(xid: string): Promise<TransactionAnswer | undefined>
  createApiKey(wanted: NewApiKey): Promise<ApiKeyAnswer & { secret: string }>
  apiKeys(query: Pick<PageQuery, 'after' | 'limit'>): Promise<ApiKeyPageAnswer>
  removeApiKey(id: string): Promise<void>
  createClient(id: string, keys: GivenKeys, policy: WrittenPolicy): Promise<ClientAnswer>
  clients(query: Pick<PageQuery, 'after' | 'limit'>): Promise<ClientPageAnswer>
  client(id: string): Promise<ClientAnswer>
  updateClient(id: string, change: WrittenPolicy): Promise<ClientAnswer>
  removeClient(id: string): Promise<void>
  createUser(wanted: NewUser): Promise<UserAnswer>
  users(query: UserListQuery): Promise<UserPageAnswer>
  user(id: string): Promise<UserAnswer>
  setUserActive(id: string, active: boolean): Promise<UserAnswer>
  revokeUser(id: string): Promise<RevokedAnswer>
  setUserPassword(id: string, password: string): Promise<UserAnswer>
  /** As many as the caller likes: what became of each, in their order. */
  importUsers(rows: readonly ImportRow[], dryRun: boolean): Promise<ImportAnswer>
  signingKeys(): Promise<SigningKeysAnswer>
  rotateKeys(wanted: RotationRequest): Promise<RotationsAnswer>
  promoteKey(kid: string): Promise<SigningKeyAnswer>
  retireKey(kid: string, wanted: KeyRetirement): Promise<SigningKeyAnswer>
  /** What hands out private keys, or takes one in. @throws {CliError} For a server elsewhere. */
  localKeys(): Promise<KeyService>
}

export function addTargetOptions(command: Command): Command {
  command.option('--url <url>', 'work on the server at this address [env: JOTTER_URL]')
  return addSettingFlags(command, ['ENV', 'DATA', 'DATABASE_URL'])
}

/**
 * The server that `--url` or JOTTER_URL names, else the local store. Says on stderr which.
 *
 * @throws {CliError} When there is no such store.
 */
export async function openAdmin(context: Context, command: Command): Promise<Admin> {
  const { url, data, databaseUrl } = command.opts<Record<string, string | undefined>>()
  const local = data !== undefined || databaseUrl !== undefined
  if (url !== undefined && local) {
    throw new CliError(EXIT.usage, 'a server and a local store at once', {
      from: '--url, --data and --database-url',
      remedy: 'leave out --url, or the other two',
    })
  }
  const wanted = url ?? (local ? undefined : context.environment.JOTTER_URL || undefined)
  if (wanted !== undefined) {
    const { openRemote } = await import('./admin-remote.ts')
    return openRemote(context, wanted, url === undefined ? 'JOTTER_URL' : '--url')
  }
  const { openLocal } = await import('./admin-local.ts')
  return openLocal(context, context.settings(settingFlags(command)))
}

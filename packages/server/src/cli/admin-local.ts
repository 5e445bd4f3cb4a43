/**
 * Admin commands on the database itself, beside a server that may be running on it. Makes no
 * database, no folder and no customer, and never changes a schema.
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { keyAnswer, keyPageAnswer } from '../api-keys/routes.ts'
import { apiKeyService } from '../api-keys/service.ts'
import { clientPageAnswer, wholeClientAnswer } from '../clients/answers.ts'
import { clientService } from '../clients/service.ts'
import { changeOf } from '../clients/written.ts'
import { knownCustomer, type OwnCustomer } from '../customer.ts'
import { databaseOf, shownUrl } from '../database.ts'
import { StoreUnavailable } from '../errors.ts'
import { issueAnswer, transactionPageAnswer, wholeAnswer } from '../flows/transaction/answers.ts'
import { decodeCursor } from '../flows/transaction/cursor.ts'
import { transactionService } from '../flows/transaction/service.ts'
import { given } from '../http.ts'
import { accessLives } from '../keys/access-tokens.ts'
import { rotationsAnswer, signingKeyAnswer, signingKeysAnswer } from '../keys/answers.ts'
import { demandSameMaster, knownMasterKey, MasterKeyError } from '../keys/master-key.ts'
import { keyService } from '../keys/service.ts'
import { keyUses, publicationMs } from '../keys/uses.ts'
import { madePosition } from '../paging.ts'
import { passwords } from '../passwords/passwords.ts'
import type { Settings } from '../settings.ts'
import type { ReadSettings } from '../settings-sources.ts'
import { openStores, type Stores } from '../stores/open.ts'
import { appliedTo } from '../stores/schema.ts'
import { missingOf, readMigrations } from '../stores/sql/migrations.ts'
import { importAnswer, revokedAnswer, userAnswer, userPageAnswer } from '../users/answers.ts'
import { userService } from '../users/service.ts'
import type { Admin } from './admin.ts'
import type { Context } from './context.ts'
import { CliError, isOfSqlite } from './failure.ts'
import { EXIT, printable, warn } from './io.ts'

/** A command does one thing after the other. */
const CONNECTIONS = 3
/** Who changed something, in the history of a transaction. */
const BY = 'cli'

/** @throws {CliError} When there is no database, or it is not one of ours. */
export async function openLocal(context: Context, read: ReadSettings): Promise<Admin> {
  const { io, now, monotonic } = context
  const { settings } = read
  const { url } = databaseOf(settings)
  io.err(`store  ${printable(shownUrl(url))}\n`)
  for (const warning of read.warnings) warn(io, warning)
  const stores = await open(url, read, now())
  return localAdmin(stores, read, { now, monotonic })
}

function localAdmin(
  stores: Stores,
  read: ReadSettings,
  { now, monotonic }: Pick<Context, 'now' | 'monotonic'>,
): Admin {
  const { settings } = read
  const transactions = (customer?: OwnCustomer) =>
    transactionService({
      transactions: stores.transactions,
      customer: () => customer?.key && { id: customer.id, key: customer.key },
      storeTokens: settings.STORE_TOKENS,
      // The operator's own requests are not rationed.
      spendOnPhone: () => {},
      onIssue: () => {},
      now,
    })
  const apiKeys = (customerId: string) =>
    apiKeyService({ apiKeys: stores.apiKeys, customerId, adminKey: undefined, now })
  const clients = clientService({ clients: stores.clients, now })
  const users = userService({
    users: stores.users,
    sessions: stores.sessions,
    passwords: passwords({ settings, monotonic }),
    longestLifeSeconds: accessLives(settings).longest,
    // Servers read it from the database.
    onEnd: async () => {},
    now,
  })

  return {
    async issue(phoneNumber, xid) {
      const customer = demandCustomer(settings)
      await stores.apiKeys.keepCustomer(customer.id, now())
      const service = transactions(customer)
      return issueAnswer(await service.issue({ customerId: customer.id, phoneNumber, xid, by: BY }))
    },

    async transactions({ after, ...query }) {
      const service = transactions()
      const page = await service.list({
        ...query,
        customerId: demandCustomer(settings).id,
        after: given(after, decodeCursor),
      })
      return transactionPageAnswer(page, service.statusOf)
    },

    async transaction(xid) {
      const service = transactions()
      const found = await stores.transactions.get(demandCustomer(settings).id, xid)
      return found && wholeAnswer(found, service.statusOf(found))
    },

    async createApiKey(wanted) {
      const customer = demandCustomer(settings)
      await stores.apiKeys.keepCustomer(customer.id, now())
      const { secret, ...key } = await apiKeys(customer.id).create(wanted)
      return { ...keyAnswer(key), secret }
    },

    async apiKeys({ after, limit }) {
      const position = given(after, madePosition)
      return keyPageAnswer(await apiKeys('').list({ after: position, limit }))
    },

    // Whoever it belongs to.
    removeApiKey: (id) => apiKeys('').remove(id),

    async createClient(id, keys, policy) {
      const { id: customerId } = demandCustomer(settings)
      return wholeClientAnswer(await clients.create({ id, customerId, keys, ...changeOf(policy) }))
    },

    async clients({ after, limit }) {
      const { id: customerId } = demandCustomer(settings)
      const position = given(after, madePosition)
      return clientPageAnswer(await clients.list({ customerId, after: position, limit }))
    },

    client: async (id) => wholeClientAnswer(await clients.get(demandCustomer(settings).id, id)),

    updateClient: async (id, change) =>
      wholeClientAnswer(await clients.update(demandCustomer(settings).id, id, changeOf(change))),

    removeClient: async (id) => clients.remove(demandCustomer(settings).id, id),
    createUser: async (wanted) => userAnswer(await users.create(wanted)),

    users: async ({ after, ...query }) =>
      userPageAnswer(await users.list({ ...query, after: given(after, madePosition)?.id })),

    user: async (id) => userAnswer(await users.get(id)),

    setUserActive: async (id, active) => userAnswer(await users.setActive(id, active)),

    revokeUser: async (id) => revokedAnswer(id, await users.revoke(id)),

    setUserPassword: async (id, password) => userAnswer(await users.setPassword(id, password)),

    importUsers: async (rows, dryRun) => importAnswer(await users.importRows(rows, dryRun)),

    signingKeys: async () => signingKeysAnswer(await stores.keys.list()),

    async rotateKeys(wanted) {
      const service = await localKeys(stores, read, now)
      return rotationsAnswer(await service.rotate(wanted))
    },

    async promoteKey(kid) {
      const service = await localKeys(stores, read, now)
      return signingKeyAnswer(await service.promote(kid))
    },

    async retireKey(kid, wanted) {
      const service = await localKeys(stores, read, now)
      return signingKeyAnswer(await service.retire(kid, wanted))
    },

    localKeys: () => localKeys(stores, read, now),

    [Symbol.asyncDispose]: () => stores.close(),
  }
}

async function localKeys({ keys: store }: Stores, read: ReadSettings, now: () => number) {
  const { settings, origins } = read
  try {
    const master = knownMasterKey(settings)
    await demandSameMaster(store, master)
    const publication = publicationMs(settings)
    return keyService({ store, master, uses: keyUses(settings), publicationMs: publication, now })
  } catch (error) {
    if (!(error instanceof MasterKeyError)) throw error
    const { message, remedy } = error
    const from = [`MASTER_KEY (${origins.MASTER_KEY})`, `DATA (${origins.DATA})`]
    throw new CliError(EXIT.usage, message, { from, remedy })
  }
}

/** The customer of this installation. @throws {CliError} When there is none yet. */
export function demandCustomer(settings: Settings): OwnCustomer {
  const customer = knownCustomer(settings)
  if (customer !== undefined) return customer
  throw new CliError(EXIT.usage, 'it is not known which customer is meant', {
    from: ['TELESIGN_CUSTOMER_ID (unset)', `DATA ${settings.DATA} holds no telesign.json`],
    remedy: 'give TELESIGN_CUSTOMER_ID and TELESIGN_API_KEY as the server has them',
  })
}

async function open(url: string, { settings, origins }: ReadSettings, now: number) {
  const { setting } = databaseOf(settings)
  const from = `${setting} (${origins[setting]})`
  if (url === 'memory:') {
    throw new CliError(EXIT.usage, 'a database in memory is seen by its own server only', {
      from,
      remedy: 'give --url of that server',
    })
  }
  try {
    if (url.startsWith('sqlite:')) demandFile(url.slice('sqlite:'.length), from)
    await demandSchema(url, settings, from)
    const timeoutMs = settings.DATABASE_TIMEOUT_MS
    return await openStores(url, { now, connections: CONNECTIONS, timeoutMs })
  } catch (error) {
    if (!isOfSqlite(error) && !(error instanceof StoreUnavailable)) throw error
    const text = `cannot open the database ${shownUrl(url)}: ${error.message}`
    throw new CliError(EXIT.unreachable, text, {
      from,
      remedy: 'is it of jotter, and may this user write to it? A file needs a folder to write to',
    })
  }
}

/** Opening the stores would make the file. */
function demandFile(path: string, from: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) return
  throw new CliError(EXIT.unreachable, `there is no database at ${resolve(path)}`, {
    from,
    remedy: 'jotter serve    makes one; --data or --database-url names another',
  })
}

/** Opening the stores would change the schema under a server that may be running. */
async function demandSchema(url: string, settings: Settings, from: string): Promise<void> {
  const applied = await appliedTo(url, settings.DATABASE_TIMEOUT_MS)
  if (applied === undefined) throw new StoreUnavailable('it is no database of jotter')
  if (missingOf(applied, readMigrations()).length === 0) return
  throw new CliError(EXIT.conflict, `the schema of ${shownUrl(url)} is older than this jotter`, {
    from,
    remedy: 'jotter migrate up    brings it up to date, as jotter serve does when it starts',
  })
}

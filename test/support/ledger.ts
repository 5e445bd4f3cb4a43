/**
 * What became of the orders of a ledger client: asks the service, or looks into its file, for every
 * order that was ever sent, and compares with what the client was told.
 */
import assert from 'node:assert/strict'
import { createHash, createSecretKey } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { compactVerify } from 'jose'
import {
  countLines,
  type LedgerCounts,
  type LedgerLine,
  type LedgerOptions,
} from './ledger-client.ts'
import { ask } from './ledger-http.ts'
import type { TestDatabase } from './postgres.ts'
import { exitOf, type Sandbox } from './process.ts'
import { ADMIN_KEY, CUSTOMER } from './service.ts'

const CLIENT = fileURLToPath(new URL('./ledger-client.ts', import.meta.url))
const KEY = createSecretKey(CUSTOMER.TELESIGN_API_KEY, 'base64')
/** Questions of the judge in flight. */
const ASKED_AT_ONCE = 16

/** One order as its client knows it. */
export interface Order {
  readonly phone: string
  /** Known before the answer, or from it. */
  xid: string | undefined
  /** Of the token in the answer; undefined without one. */
  sha256: string | undefined
  /** Answered, and not with a token. */
  refused: Refused | undefined
}

type Refused = Extract<LedgerLine, { refused: unknown }>

/** One row as the service or its file tells it. */
interface Stored {
  xid: string
  phone: string
  token: string
}

/** All rows of one order: none, one, or too many. */
type Source = (order: Order) => Promise<Stored[]>

/** How many orders are in which state. */
export interface Verdict {
  /** Acknowledged and stored, the same token. */
  acked: number
  /** Acknowledged and not stored. */
  lost: number
  /** Stored, and the token cannot be verified or says something else than its row. */
  torn: number
  /** Acknowledged, and another token is stored. */
  different: number
  /** Stored more than once. */
  duplicate: number
  /** Neither acknowledged nor stored. */
  unknown_absent: number
  /** Not acknowledged, but stored and whole. */
  unknown_present: number
  /** Stored although the answer was a refusal. */
  refused_present: number
}

interface LedgerClient {
  readonly file: string
  /** What is on disk, as far as it was told. */
  counts(): LedgerCounts
  /** Fulfils when the counts on disk satisfy `enough`. */
  until(enough: (counts: LedgerCounts) => boolean): Promise<void>
  /** Fulfils when the client has ended, because nobody listens any more. */
  readonly ended: Promise<LedgerCounts>
  /** Lets the orders in flight be answered, then ends. */
  stop(): Promise<LedgerCounts>
}

export function startLedger(
  sandbox: Sandbox,
  {
    keepAlive = true,
    ...options
  }: Omit<LedgerOptions, 'file' | 'keepAlive'> & { keepAlive?: boolean },
): LedgerClient {
  const file = join(sandbox.folder, `ledger-${options.series}.jsonl`)
  const settings: LedgerOptions = { ...options, keepAlive, file }
  const child = sandbox.run(process.execPath, [CLIENT, JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let counts = countLines([])
  child.on('message', (message) => {
    counts = message as LedgerCounts
  })
  const ended = exitOf(child).then(({ code, signal }) => {
    assert.equal(code, 0, `the ledger client ended with ${signal ?? code}`)
    counts = countLines(readLines(file))
    return counts
  })
  ended.catch(() => {})
  return {
    file,
    ended,
    counts: () => counts,
    async until(enough) {
      while (!enough(counts)) {
        const over = await Promise.race([once(child, 'message').then(() => false), ended])
        if (over !== false) assert.ok(enough(counts), `the client ended: ${JSON.stringify(counts)}`)
      }
    },
    stop() {
      // One whose service is gone has ended by itself.
      if (child.connected) child.send('stop')
      return ended
    },
  }
}

/** The orders in a ledger file. */
export function readLedger(file: string): Order[] {
  const orders = new Map<string, Order>()
  for (const line of readLines(file)) {
    if ('sent' in line) {
      const { sent: phone, xid } = line
      orders.set(phone, { phone, xid, sha256: undefined, refused: undefined })
    } else if ('acked' in line) {
      Object.assign(orders.get(line.acked) as Order, { xid: line.xid, sha256: line.sha256 })
    } else if ('refused' in line) {
      Object.assign(orders.get(line.refused) as Order, { refused: line })
    }
  }
  return [...orders.values()]
}

/** Whole lines only: the client may be writing. */
const readLines = (file: string): LedgerLine[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

/** Classifies every order by what `source` has of it. */
export async function judge(orders: readonly Order[], source: Source): Promise<Verdict> {
  const verdict: Verdict = {
    acked: 0,
    lost: 0,
    torn: 0,
    different: 0,
    duplicate: 0,
    unknown_absent: 0,
    unknown_present: 0,
    refused_present: 0,
  }
  const left = orders.values()
  // They share the iterator: each takes the next order that nobody has taken.
  await Promise.all(
    Array.from({ length: ASKED_AT_ONCE }, async () => {
      for (const order of left) verdict[await classify(order, await source(order))] += 1
    }),
  )
  return verdict
}

async function classify(order: Order, rows: Stored[]): Promise<keyof Verdict> {
  const [row] = rows
  if (rows.length > 1) return 'duplicate'
  if (row === undefined) return order.sha256 === undefined ? 'unknown_absent' : 'lost'
  if (!(await isWhole(row)) || row.phone !== order.phone) return 'torn'
  if (order.refused !== undefined) return 'refused_present'
  if (order.sha256 === undefined) return 'unknown_present'
  return sha256(row.token) === order.sha256 ? 'acked' : 'different'
}

/** With jose and not with our own code. The expiry does not matter: the judge comes late. */
async function isWhole({ token, phone, xid }: Stored): Promise<boolean> {
  try {
    const { payload } = await compactVerify(token, KEY, { algorithms: ['HS256'] })
    const claims = JSON.parse(new TextDecoder().decode(payload))
    return (
      claims.iss === CUSTOMER.TELESIGN_CUSTOMER_ID && claims.phn === phone && claims.xid === xid
    )
  } catch {
    return false
  }
}

/** What the running service says. */
export function serviceSource(address: string): Source & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: ASKED_AT_ONCE })
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }

  async function get(path: string) {
    const { status, body } = await ask(agent, `${address}/v1/transactions${path}`, { headers })
    assert.ok(status === 200 || status === 404, `${path} is answered with ${status}: ${body}`)
    return status === 200 ? JSON.parse(body) : undefined
  }

  const source: Source = async ({ phone, xid }) => {
    // Lists have no tokens: one look for the xids, one for each transaction.
    const xids: string[] =
      xid === undefined
        ? (await get(`?phone_number=${phone}`)).items.map((item: { xid: string }) => item.xid)
        : [xid]
    const found = await Promise.all(xids.map((each) => get(`/${each}`)))
    return found
      .filter((transaction) => transaction !== undefined)
      .map(({ xid, phone_number, token }) => ({ xid, phone: phone_number, token }))
  }
  return Object.assign(source, { [Symbol.dispose]: () => agent.destroy() })
}

/**
 * What the SQLite file says: also two rows of one order, of which the service would show only one.
 *
 * @throws {AssertionError} When the file itself is damaged.
 */
export function fileSource(path: string): Source {
  using db = new DatabaseSync(path, { readOnly: true })
  assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok')
  assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), [])
  return rowsSource(db.prepare(ROWS).iterate())
}

/** What PostgreSQL says: also two rows of one order. */
export const postgresSource = async ({ query }: Pick<TestDatabase, 'query'>): Promise<Source> =>
  rowsSource(await query(ROWS))

const ROWS = 'SELECT xid, phone_number AS phone, token FROM transactions'

function rowsSource(all: Iterable<unknown>): Source {
  const rows = new Map<string, Stored[]>()
  for (const row of all) {
    const stored = row as Stored
    const known = rows.get(stored.phone)
    if (known === undefined) rows.set(stored.phone, [stored])
    else known.push(stored)
  }
  return async ({ phone }) => rows.get(phone) ?? []
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

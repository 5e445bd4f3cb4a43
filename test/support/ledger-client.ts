/**
 * The ledger client: a process that asks for tokens and writes down, in a file of its own, what it
 * asked for and what it was answered. A line about an answer is written after the last byte of the
 * answer and counts once the file is synced. Every order has a phone number of its own, so that one
 * asked for without an xid can be found again, too.
 *
 *     node ledger-client.ts '{"url": ..., "file": ..., ...}'
 *
 * Ends when the service refuses connections, when it is told to, and with the process that made it.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, NoAnswer } from './ledger-http.ts'

export interface LedgerOptions {
  url: string
  file: string
  /** Orders in flight at any time. */
  concurrency: number
  /** Whether a connection carries more than one order. */
  keepAlive: boolean
  /** Tells apart the orders of several clients on one database: 0 to 9999. */
  series: number
}

/** One line of the file. */
export type LedgerLine =
  | { sent: string; xid?: string }
  | { acked: string; xid: string; sha256: string; t: number }
  | { refused: string; status: number; retryAfter: boolean; ms: number; t: number }
  /** There was a connection, and no whole answer on it. */
  | { broken: string; why: string }
  /** There was no connection. */
  | { unsent: string; why: string }

/** How many lines of each kind are on disk. */
export type LedgerCounts = ReturnType<typeof countLines>

const SYNC_EVERY_MS = 25
/** What a client does that is told to come back later. */
const PAUSE_AFTER_REFUSAL_MS = 20
const LONGEST_MS = 120_000

async function run({ url, file, concurrency, keepAlive, series }: LedgerOptions): Promise<void> {
  const agent = new Agent({ keepAlive, maxSockets: concurrency })
  const fd = openSync(file, 'a')
  const counts = countLines([])
  let lines: LedgerLine[] = []
  let orders = 0
  let over = false

  const note = (line: LedgerLine) => void lines.push(line)
  function sync() {
    const group = lines
    lines = []
    if (group.length === 0) return
    writeSync(fd, group.map((line) => `${JSON.stringify(line)}\n`).join(''))
    fdatasyncSync(fd)
    process.send?.(countLines(group, counts))
  }

  /** Three ways to ask for a token: with an xid, with none, and by POST with a retry key. */
  function nextOrder() {
    const n = orders++
    const phone = `1${String(series).padStart(4, '0')}${String(n).padStart(7, '0')}`
    const xid = `ledger-${phone}`
    if (n % 8 === 3) return { phone, path: `/v1/token/${phone}` }
    if (n % 8 !== 7) return { phone, xid, path: `/v1/token/${phone}/${xid}` }
    const headers = { 'content-type': 'application/json', 'idempotency-key': xid }
    const body = JSON.stringify({ phone_number: phone, xid })
    return { phone, xid, path: '/v1/token', init: { method: 'POST', headers, body } }
  }

  async function place({ phone, xid, path, init }: ReturnType<typeof nextOrder>) {
    note({ sent: phone, ...(xid !== undefined && { xid }) })
    const started = performance.now()
    try {
      const { status, headers, body } = await ask(agent, url + path, init)
      if (status === 200 || status === 201) {
        const token = status === 200 ? body : (JSON.parse(body) as { token: string }).token
        const sha256 = createHash('sha256').update(token).digest('hex')
        note({ acked: phone, xid: xid ?? xidOf(token), sha256, t: Date.now() })
        return
      }
      const retryAfter = headers['retry-after'] !== undefined
      const ms = Math.round(performance.now() - started)
      note({ refused: phone, status, retryAfter, ms, t: Date.now() })
      await sleep(PAUSE_AFTER_REFUSAL_MS)
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      const { connected, message: why } = error
      note(connected ? { broken: phone, why } : { unsent: phone, why })
      if (!connected) over = true
    }
  }

  const syncing = setInterval(sync, SYNC_EVERY_MS)
  const tooLong = setTimeout(stop, LONGEST_MS)
  function stop() {
    over = true
  }
  process.once('message', stop)
  process.once('disconnect', stop)
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (!over) await place(nextOrder())
    }),
  )
  clearInterval(syncing)
  clearTimeout(tooLong)
  agent.destroy()
  sync()
  closeSync(fd)
  if (process.connected) process.disconnect?.()
}

/** Adds `lines` to `counts`. */
export function countLines(
  lines: readonly LedgerLine[],
  counts = { sent: 0, acked: 0, refused: 0, broken: 0, unsent: 0 },
) {
  for (const line of lines) counts[Object.keys(line)[0] as keyof typeof counts] += 1
  return counts
}

const xidOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()).xid

if (import.meta.main) await run(JSON.parse(process.argv[2] as string))

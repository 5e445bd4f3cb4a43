/**
 * The disk under PostgreSQL takes no more rows. Two small disks: where the server can be given a file
 * system of its own, a full one (ENOSPC); everywhere, a limit on the size of its files (EFBIG), which
 * the table of transactions reaches. The write-ahead log has room in both: without that PostgreSQL
 * ends, which is tested as a power cut.
 */
import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { after, test } from 'node:test'
import { judge, readLedger, serviceSource } from '../support/ledger.ts'
import { startPostgres } from '../support/postgres.ts'
import { postgresInstall } from '../support/postgres-install.ts'
import type { ServerProcess } from '../support/process.ts'
import { type Ledger, startCluster } from './cluster.ts'
import { nothingWrong } from './figures.ts'
import { canMount, patientAsk, UNSHARE } from './small-disk.ts'

const ISSUE = '/v1/token/15555551212'
/** What is promised, and a quarter of it more: see degraded.test.ts. */
const ANSWERED_WITHIN_MS = 2_500

interface SmallDisk {
  name: string
  /** The command that starts the server on it, in its folder. */
  under: readonly string[]
  /** Takes as much of what is left as so many rows do, again and again. */
  fill(rows: number): string
  /** What is said then. */
  full: RegExp
  /** Two statements: not every one may share a transaction. */
  free: readonly string[]
}

/** Transactions that nobody has asked for. They leave no room in a page for those of the client. */
const others = (
  rows: number,
) => `INSERT INTO transactions (customer_id, xid, phone_number, status, token,
    issued_at, expires_at, updated_at, opened_at, opened_by, segment)
  SELECT 'filler', gen_random_uuid(), '19999999999', 'issued', repeat('x', 500), 1, 1, 1, 1, '', 0
  FROM generate_series(1, ${rows})`

const limitedFiles: SmallDisk = {
  name: 'files that cannot grow',
  // In blocks of 512 bytes: 16 MiB, as large as a file of the write-ahead log is.
  under: ['sh', '-c', 'ulimit -f 32768; exec "$0" "$@"'],
  fill: others,
  full: /File too large/,
  free: ["DELETE FROM transactions WHERE customer_id = 'filler'", 'VACUUM transactions'],
}

/** Of tables and indexes. In a second namespace, since PostgreSQL refuses to be root. */
const MOUNT = `cp -Rp data/base base && mount -t tmpfs -o size=64m,mode=700 none data/base &&
  cp -Rp base/. data/base && exec unshare --user --map-user=1000 --map-group=1000 "$0" "$@"`

const fullFileSystem: SmallDisk = {
  name: 'a full file system',
  under: [...UNSHARE, 'sh', '-c', MOUNT],
  fill: (rows) => `CREATE UNLOGGED TABLE IF NOT EXISTS filler (x TEXT);
    INSERT INTO filler SELECT repeat('x', 1500) FROM generate_series(1, ${rows})`,
  full: /No space left on device/,
  free: ['DROP TABLE filler', 'CHECKPOINT'],
}

const disks = canMount(postgresInstall().runAs) ? [limitedFiles, fullFileSystem] : [limitedFiles]
for (const { name, under, fill, full, free } of disks) {
  const server = await startPostgres({ after }, {}, { under })

  test(`F-03 PostgreSQL on ${name}: nothing is lost, and issuing comes back by itself`, async (t) => {
    const cluster = await startCluster(t, server, { port: server.port })
    const { database } = cluster
    const [node] = cluster.nodes as [ServerProcess]
    const [client] = cluster.clients as [Ledger]
    const agent = new Agent({ keepAlive: true })
    const until = patientAsk(agent, node.address)

    const fillUp = async (rows: number) => {
      for (;;) await database.query(fill(rows))
    }
    for (const rows of [1_000, 10]) await assert.rejects(fillUp(rows), full)
    await client.until(({ refused }) => refused >= 100)
    const text = await until(503, ISSUE)
    assert.equal(text.body, '')
    assert.equal(text.headers['retry-after'], '1')
    assert.equal(text.headers.location, undefined)
    const json = await until(503, ISSUE, { headers: { accept: 'application/json' } })
    assert.equal(JSON.parse(json.body).code, 'store_unavailable')
    assert.doesNotMatch(json.body, /eyJ/)
    await until(200, '/livez')
    await until(503, '/readyz')
    using source = serviceSource(node.address)
    const before = readLedger(client.file).filter(({ sha256 }) => sha256 !== undefined)
    nothingWrong(await judge(before, source))

    for (const statement of free) await database.query(statement)
    t.diagnostic(`healed after ${(await until(200, ISSUE)).ms} ms`)
    await until(200, '/readyz')
    const { refusals, verdict } = await cluster.judgeAll()
    assert.ok(refusals.every(({ status, retryAfter }) => status === 503 && retryAfter))
    assert.ok(Math.max(...refusals.map(({ ms }) => ms)) < ANSWERED_WITHIN_MS)
    nothingWrong(verdict)
    agent.destroy()
    assert.deepEqual(await node.end('SIGTERM'), { code: 0, signal: null }, node.output())
  })
}

/**
 * The disk takes no more. Two small disks: where the service can be given a file system of its own,
 * a full one (ENOSPC); everywhere, a limit on the size of its files (EFBIG), which its write-ahead
 * log reaches by itself and which another process can shorten again.
 */
import assert from 'node:assert/strict'
import { appendFileSync, copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileSource, judge, readLedger, serviceSource, startLedger } from '../support/ledger.ts'
import { openSandbox, type ServerProcess, startServer } from '../support/process.ts'
import { nothingWrong } from './figures.ts'
import { canMount, patientAsk, UNSHARE } from './small-disk.ts'

const ISSUE = '/v1/token/15555551212'

interface SmallDisk {
  name: string
  /** The command that starts the service on it. */
  under: readonly string[]
  /** Where this process sees the folder that the service sees as `data`. */
  folder(data: string, server: ServerProcess): string
  fill(folder: string): void
  free(folder: string): void
}

const limitedFiles: SmallDisk = {
  name: 'files that cannot grow',
  // In blocks of 512 bytes: 2 MiB, a second of load.
  under: ['sh', '-c', 'ulimit -f 4096; exec "$0" "$@"'],
  folder: (data) => data,
  fill() {},
  free(folder) {
    using db = new DatabaseSync(join(folder, 'jotter.db'), { timeout: 5_000 })
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  },
}

const fullFileSystem: SmallDisk = {
  name: 'a full file system',
  under: [
    ...UNSHARE,
    ...['sh', '-c', 'mount -t tmpfs -o size=48m none "$JOTTER_DATA" && exec "$0" "$@"'],
  ],
  // Mounted for the service alone, and gone with it.
  folder: (data, { pid }) => `/proc/${pid}/root${data}`,
  fill(folder) {
    const megabyte = Buffer.alloc(1_048_576)
    assert.throws(
      () => {
        for (;;) appendFileSync(join(folder, 'filler'), megabyte)
      },
      { code: 'ENOSPC' },
    )
  },
  free: (folder) => rmSync(join(folder, 'filler')),
}

for (const disk of canMount() ? [limitedFiles, fullFileSystem] : [limitedFiles]) {
  test(`F-03 on ${disk.name} nothing is lost, and issuing comes back by itself`, async (t) => {
    const sandbox = openSandbox(t)
    const data = join(sandbox.folder, 'data')
    mkdirSync(data)
    const server = await startServer(sandbox, { under: disk.under })
    const folder = disk.folder(data, server)
    const agent = new Agent({ keepAlive: true })
    const until = patientAsk(agent, server.address)
    using source = serviceSource(server.address)

    const client = startLedger(sandbox, { url: server.address, series: 0, concurrency: 16 })
    await client.until(({ acked }) => acked >= 200)
    disk.fill(folder)
    await client.until(({ refused }) => refused >= 100)

    const text = await until(503, ISSUE)
    assert.equal(text.body, '')
    assert.ok(text.headers['retry-after'])
    assert.equal(text.headers.location, undefined)
    const json = await until(503, ISSUE, { headers: { accept: 'application/json' } })
    assert.equal(JSON.parse(json.body).code, 'store_unavailable')
    assert.doesNotMatch(json.body, /eyJ/)

    const before = readLedger(client.file).filter(({ sha256 }) => sha256 !== undefined)
    const meanwhile = await judge(before, source)
    t.diagnostic(`read and verified while it lasts: ${meanwhile.acked} of ${before.length}`)
    nothingWrong(meanwhile)
    await until(200, '/livez')
    await until(503, '/readyz')

    disk.free(folder)
    t.diagnostic(`healed after ${(await until(200, ISSUE)).ms} ms`)
    await until(200, '/readyz')
    await client.stop()

    const orders = readLedger(client.file)
    const refusals = orders.flatMap(({ refused }) => refused ?? [])
    for (const { status, retryAfter } of refusals) {
      assert.deepEqual([status, retryAfter], [503, true])
    }
    const verdict = await judge(orders, source)
    t.diagnostic(`${refusals.length} refused; ${JSON.stringify(verdict)}`)
    nothingWrong(verdict)
    // A copy, while nobody writes: the file may lie where only the service can open it.
    const copy = join(sandbox.folder, 'copy.db')
    for (const part of ['', '-wal']) copyFileSync(join(folder, `jotter.db${part}`), copy + part)
    assert.deepEqual(await judge(orders, fileSource(copy)), verdict)
    agent.destroy()
    assert.deepEqual(await server.end('SIGTERM'), { code: 0, signal: null }, server.output())
  })
}

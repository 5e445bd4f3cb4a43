import assert from 'node:assert/strict'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startFaultProxy } from '../../../../../test/support/fault-proxy.ts'
import { startPostgres } from '../../../../../test/support/postgres.ts'
import { openStores } from '../open.ts'
import { listen } from './postgres-listener.ts'
import { openSession, postgresConfig } from './postgres-session.ts'

const server = await startPostgres({ after })
/** Long enough on a busy machine, and shorter than a beat of the connection. */
const options = { timeout: 15_000 }

async function start(t: TestContext) {
  const database = await server.createDatabase()
  const proxy = await startFaultProxy(t, server.port)
  const config = postgresConfig(database.url.replace(`:${server.port}/`, `:${proxy.port}/`), 1_500)
  let told = 0
  let waiting = Promise.withResolvers<void>()
  const stop = listen(
    () => openSession(config),
    'news',
    () => {
      told += 1
      waiting.resolve()
    },
  )
  t.after(async () => {
    await stop()
    await database[Symbol.asyncDispose]()
  })
  const listeners = async () => {
    const [row] = await database.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    )
    return row?.count
  }
  return {
    database,
    proxy,
    stop,
    listeners,
    count: () => told,
    /** Fulfils when it is told something; what was told before does not count. */
    heard() {
      waiting = Promise.withResolvers()
      return waiting.promise
    },
    began: waiting.promise,
  }
}

describe('who listens', options, () => {
  test('is told when it begins, and of everything on its channel', async (t) => {
    const { database, began, heard, count } = await start(t)
    await began
    assert.equal(count(), 1)
    await database.query("SELECT pg_notify('gossip', '')")
    const news = heard()
    await database.query("SELECT pg_notify('news', '')")
    await news
    assert.equal(count(), 2)
  })

  test('is told again after its connection was ended, and goes on', async (t) => {
    const { database, began, heard } = await start(t)
    await began
    for (let i = 0; i < 2; i += 1) {
      const again = heard()
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
      await again
    }
    const news = heard()
    await database.query("SELECT pg_notify('news', '')")
    await news
  })

  test('comes back when the server does', async (t) => {
    const { proxy, began, heard } = await start(t)
    await began
    await proxy.refuse(true)
    const again = heard()
    await sleep(300)
    await proxy.refuse(false)
    await again
  })

  test('lets go of its connection when it stops, and is told no more', async (t) => {
    const { database, began, stop, listeners, count } = await start(t)
    await began
    assert.equal(await listeners(), 1)
    await stop()
    await database.query("SELECT pg_notify('news', '')")
    while ((await listeners()) !== 0) await sleep(10)
    assert.equal(count(), 1)
  })

  test('stops while there is no server', async (t) => {
    const { proxy, began, stop } = await start(t)
    await began
    await proxy.refuse(true)
    await sleep(100)
    const asked = performance.now()
    await stop()
    assert.ok(performance.now() - asked < 2_000)
  })
})

test('every way to revoke tells the other nodes, once it is committed', options, async (t) => {
  const database = await server.createDatabase()
  const [writer, reader] = [
    await openStores(database.url, { now: 0 }),
    await openStores(database.url, { now: 0 }),
  ]
  let waiting = Promise.withResolvers<void>()
  const stop = await reader.revocations.watch?.(() => waiting.resolve())
  t.after(async () => {
    await stop?.()
    await Promise.all([writer.close(), reader.close()])
    await database[Symbol.asyncDispose]()
  })
  await waiting.promise
  for (const notBefore of [1, 2]) {
    waiting = Promise.withResolvers()
    const { horizon } = await reader.revocations.read(0)
    const user = { kind: 'sub' as const, value: 'u', revokedAt: 0, expiresAt: 8e12 }
    await writer.revocations.insert({ ...user, notBefore })
    await waiting.promise
    const { items } = await reader.revocations.read(horizon)
    assert.equal(items[0]?.notBefore, notBefore)
  }
})

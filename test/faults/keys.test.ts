/** Killed at any moment while keys take each other's place, a database has keys that work. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import timers from 'node:timers/promises'
import { openStores, type Stores } from '../../packages/server/src/stores/open.ts'
import { temporaryFile } from '../stores/open.ts'
import { openTestKeys } from '../support/keys.ts'
import { seededRandom } from './random.ts'

const KILLS = process.env.JOTTER_TEST_LONG === undefined ? 6 : 100

interface Ended {
  ended: string
  state: string
}

test('a process that is killed while it rotates leaves one key that signs', async (t) => {
  using file = temporaryFile()
  const url = `sqlite:${file.path}`
  const random = seededRandom(t)
  let rotations = 0
  for (let i = 0; i < KILLS; i += 1) {
    const module = new URL('./key-rotator.ts', import.meta.url)
    const child = fork(module, [url], { execArgv: ['--conditions=source'] })
    await Promise.race([once(child, 'message'), died(child)])
    const told: Ended[] = []
    child.on('message', (message) => told.push(message as Ended))
    await timers.setTimeout(random() * 150)
    child.kill('SIGKILL')
    await once(child, 'close')

    await using stores = closing(await openStores(url, { now: 0 }))
    const rows = await stores.keys.list()
    const inState = (state: string) => rows.filter((key) => key.state === state)
    assert.equal(inState('active').length, 1)
    assert.ok(inState('next').length <= 1)
    for (const { state, sealed } of rows) assert.equal(sealed === undefined, state === 'retired')
    for (const { ended, state } of told) {
      assert.equal(rows.find(({ kid }) => kid === ended)?.state, state)
    }
    // Every key that is left opens, and the one that signs does.
    const { signingKeys } = await openTestKeys({}, { store: stores.keys })
    assert.deepEqual(signingKeys.damaged, [])
    assert.ok(signingKeys.of('ES256').ring().active.signs)
    rotations += told.length
  }
  assert.ok(rotations > 0)
  t.diagnostic(`${KILLS} kills, ${rotations} rotations`)
})

const closing = (stores: Stores) => ({ ...stores, [Symbol.asyncDispose]: () => stores.close() })

async function died(child: ChildProcess): Promise<never> {
  await once(child, 'exit')
  return assert.fail('it died by itself')
}

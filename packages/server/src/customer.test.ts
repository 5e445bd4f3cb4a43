import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { signToken } from '@jotter/token'
import { CustomerFileError, ownCustomer } from './customer.ts'
import { readSettings } from './settings-sources.ts'

const CONFIGURED = {
  TELESIGN_CUSTOMER_ID: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
  TELESIGN_API_KEY: Buffer.alloc(32, 1).toString('base64'),
}
const CLAIMS = { iss: 'customer', iat: 1, exp: 2 }

const settingsOf = (environment: Record<string, string>) =>
  readSettings({
    flags: {},
    environment,
    readFile: () => assert.fail('a file was read'),
    dotEnv: () => undefined,
  }).settings

/** An empty DATA, and what a start with it settles on. */
function emptyData(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'jotter-customer-'))
  t.after(() => rmSync(data, { recursive: true }))
  return {
    data,
    file: join(data, 'telesign.json'),
    start: (environment: Record<string, string> = {}, inMemory = false) =>
      ownCustomer(settingsOf({ JOTTER_DATA: data, ...environment }), inMemory),
  }
}

describe('a first start without a customer', () => {
  for (const JOTTER_ENV of ['development', 'testing']) {
    test(`generates an id and a key in ${JOTTER_ENV}`, async (t) => {
      const { file, start } = emptyData(t)
      const customer = start({ JOTTER_ENV })
      assert.match(customer.id, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
      assert.equal(customer.file, file)
      const kept = JSON.parse(readFileSync(file, 'utf8'))
      assert.deepEqual(Object.keys(kept), ['customer_id', 'api_key'])
      assert.equal(kept.customer_id, customer.id)
      assert.equal(Buffer.from(kept.api_key, 'base64').length, 64)
    })
  }

  test('L-02 keeps them where only their owner reads, whatever the umask', (t) => {
    const { file, start } = emptyData(t)
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    start()
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  test('leaves nothing else behind', (t) => {
    const { data, start } = emptyData(t)
    start()
    start()
    assert.deepEqual(readdirSync(data), ['telesign.json'])
  })

  test('with a store in memory writes no file, and the next start has another customer', (t) => {
    const { data, start } = emptyData(t)
    const first = start({}, true)
    assert.notEqual(start({}, true).id, first.id)
    assert.notEqual(first.key, undefined)
    assert.deepEqual(readdirSync(data), [])
  })

  test('in production makes nothing up', (t) => {
    const { data, start } = emptyData(t)
    const customer = start({ JOTTER_ENV: 'production', JOTTER_MASTER_KEY: 'm'.repeat(32) })
    assert.deepEqual(customer, { id: 'default', key: undefined })
    assert.deepEqual(readdirSync(data), [])
  })
})

test('a configured customer is taken as it is, and no file is made', (t) => {
  const { data, start } = emptyData(t)
  const customer = start(CONFIGURED)
  assert.equal(customer.id, CONFIGURED.TELESIGN_CUSTOMER_ID)
  assert.equal(customer.file, undefined)
  assert.deepEqual(readdirSync(data), [])
})

describe('the next start', () => {
  test('has the same customer, whose key makes the same tokens', async (t) => {
    const { start } = emptyData(t)
    const [first, second] = [start(), start()]
    assert.equal(second.id, first.id)
    assert.ok(first.key !== undefined && second.key !== undefined)
    assert.equal(await signToken(CLAIMS, second.key), await signToken(CLAIMS, first.key))
  })

  test('reads a file that somebody wrote by hand', (t) => {
    const { file, start } = emptyData(t)
    const api_key = CONFIGURED.TELESIGN_API_KEY
    writeFileSync(file, JSON.stringify({ customer_id: 'mine', api_key }), { mode: 0o600 })
    assert.equal(start().id, 'mine')
  })

  test('prefers what is configured, and keeps the file', (t) => {
    const { file, start } = emptyData(t)
    start()
    const kept = readFileSync(file, 'utf8')
    assert.equal(start(CONFIGURED).id, CONFIGURED.TELESIGN_CUSTOMER_ID)
    assert.equal(readFileSync(file, 'utf8'), kept)
  })

  const key = CONFIGURED.TELESIGN_API_KEY
  const DAMAGED: Readonly<Record<string, string>> = {
    'an empty file': '',
    'half a file': `{"customer_id":"a","api_key":"${key.slice(0, 20)}`,
    'a file without a key': '{"customer_id":"a"}',
    'a file without an id': `{"api_key":"${key}"}`,
    'a key of another type': '{"customer_id":"a","api_key":12}',
    'a key that is not base64': `{"customer_id":"a","api_key":"${key.replace('A', '-')}"}`,
    'an id that no setting would take': `{"customer_id":"a b","api_key":"${key}"}`,
    'an id of another type': `{"customer_id":["a"],"api_key":"${key}"}`,
    'JSON null': 'null',
    'a trailing comma': `{"customer_id":"a","api_key":"${key}",}`,
  }
  for (const [name, text] of Object.entries(DAMAGED)) {
    test(`is refused for ${name}, and L-01 nothing of the key is in the message`, (t) => {
      const { file, start } = emptyData(t)
      writeFileSync(file, text, { mode: 0o600 })
      assert.throws(start, (error) => {
        assert.ok(error instanceof CustomerFileError, String(error))
        assert.ok(error.message.startsWith(`${file} is damaged`))
        assert.equal(error.cause, undefined)
        assert.ok(!error.message.includes(key.slice(0, 8)))
        return true
      })
      assert.equal(readFileSync(file, 'utf8'), text)
    })
  }

  for (const mode of [0o644, 0o604, 0o602, 0o666]) {
    test(`L-03 is refused for a file of mode ${mode.toString(8)}, which is anybody's`, (t) => {
      const { file, start } = emptyData(t)
      start()
      chmodSync(file, mode)
      assert.throws(start, { name: 'CustomerFileError', message: /chmod 600/ })
    })
  }

  for (const mode of [0o400, 0o640]) {
    test(`takes a file of mode ${mode.toString(8)}: an operator may share it with a group`, (t) => {
      const { file, start } = emptyData(t)
      const { id } = start()
      chmodSync(file, mode)
      assert.equal(start().id, id)
    })
  }
})

test('F-16 two first starts at once settle on one customer, and neither reads half a file', async (t) => {
  const { data } = emptyData(t)
  const ROUNDS = 300
  for (let round = 0; round < ROUNDS; round += 1) mkdirSync(join(data, String(round)))
  const gate = new SharedArrayBuffer(4)
  const racer = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(workerData.module).then(({ ownCustomer }) => {
      const arrived = new Int32Array(workerData.gate)
      const ids = []
      for (let round = 0; round < workerData.rounds; round += 1) {
        Atomics.add(arrived, 0, 1)
        while (Atomics.load(arrived, 0) < 2 * (round + 1));
        const settings = { ENV: 'development', DATA: workerData.data + '/' + round }
        try {
          ids.push(ownCustomer(settings, false).id)
        } catch (error) {
          ids.push(error.message)
        }
      }
      parentPort.postMessage(ids)
    })`
  const module = new URL('./customer.ts', import.meta.url).href
  const run = () => {
    const workerData = { module, gate, data, rounds: ROUNDS }
    const worker = new Worker(racer, { eval: true, workerData })
    return new Promise<string[]>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject)
    })
  }
  const [one, other] = await Promise.all([run(), run()])
  assert.deepEqual(one, other)
  const kept = one.map((_, round) =>
    readFileSync(join(data, String(round), 'telesign.json'), 'utf8'),
  )
  assert.deepEqual(
    kept.map((text) => JSON.parse(text).customer_id),
    one,
  )
  assert.ok(!existsSync(join(data, 'telesign.json')))
})

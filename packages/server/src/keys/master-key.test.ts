import assert from 'node:assert/strict'
import { hkdfSync } from 'node:crypto'
import {
  chmodSync,
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
import { inspect } from 'node:util'
import { memoryKeys } from '../stores/memory/keys.ts'
import { demandSameMaster, MasterKeyError, masterKey } from './master-key.ts'

const TEXT = 'a-master-key-that-only-tests-know-01234567'

/** An empty DATA, and what a start with it settles on. */
function emptyData(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'jotter-master-'))
  t.after(() => rmSync(data, { recursive: true }))
  return {
    data,
    file: join(data, 'master.key'),
    start: (MASTER_KEY?: string, inMemory = false) =>
      masterKey({ MASTER_KEY, DATA: data }, inMemory),
  }
}

describe('a first start without MASTER_KEY', () => {
  test('makes 32 random bytes, as a text that MASTER_KEY takes as well', (t) => {
    const { file, start } = emptyData(t)
    const { proof } = start()
    const text = readFileSync(file, 'utf8')
    assert.match(text, /^[\w-]{43}\n$/)
    assert.equal(Buffer.from(text, 'base64url').length, 32)
    assert.equal(start(text.trim()).proof, proof)
  })

  test('L-02 keeps them where only their owner reads, whatever the umask', (t) => {
    const { file, start } = emptyData(t)
    const umask = process.umask(0)
    t.after(() => process.umask(umask))
    start()
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  test('leaves nothing else behind, and the next start has the same', (t) => {
    const { data, start } = emptyData(t)
    assert.equal(start().proof, start().proof)
    assert.deepEqual(readdirSync(data), ['master.key'])
  })

  test('with a store in memory writes no file, and the next start has another', (t) => {
    const { data, start } = emptyData(t)
    assert.notEqual(start(undefined, true).proof, start(undefined, true).proof)
    assert.deepEqual(readdirSync(data), [])
  })
})

test('MASTER_KEY is taken as it is, and no file is made', (t) => {
  const { data, start } = emptyData(t)
  assert.equal(start(TEXT).proof, start(TEXT, true).proof)
  assert.notEqual(start(`${TEXT}=`).proof, start(TEXT).proof)
  assert.deepEqual(readdirSync(data), [])
})

describe('the file', () => {
  const DAMAGED: Readonly<Record<string, string>> = {
    'is empty': '',
    'is half there': 'a'.repeat(20),
    'has another line': `${'a'.repeat(43)}\n\n`,
    'has a space': `${'a'.repeat(43)} \n`,
    'holds something else': '{"key":"hunter2"}',
  }
  for (const [name, text] of Object.entries(DAMAGED)) {
    test(`is refused when it ${name}, L-01 without a word of it`, (t) => {
      const { file, start } = emptyData(t)
      writeFileSync(file, text, { mode: 0o600 })
      assert.throws(
        () => start(),
        (error) => {
          assert.ok(error instanceof MasterKeyError, String(error))
          assert.ok(error.message.startsWith(`${file} is damaged`))
          assert.doesNotMatch(`${error.message} ${error.remedy}`, /aaaa|hunter2/)
          return true
        },
      )
      assert.equal(readFileSync(file, 'utf8'), text)
    })
  }

  for (const mode of [0o644, 0o604, 0o602, 0o666]) {
    test(`L-03 is refused with mode ${mode.toString(8)}, which is anybody's`, (t) => {
      const { file, start } = emptyData(t)
      start()
      chmodSync(file, mode)
      assert.throws(() => start(), { name: 'MasterKeyError', remedy: `chmod 600 ${file}` })
    })
  }

  test('may be shared with a group', (t) => {
    const { file, start } = emptyData(t)
    const { proof } = start()
    chmodSync(file, 0o640)
    assert.equal(start().proof, proof)
  })
})

describe('the derived keys', () => {
  test('are those of HKDF-SHA256, each with a name of its own: what is kept depends on it', (t) => {
    const { sealing, refresh, proof } = emptyData(t).start(TEXT)
    const bytesFor = (info: string) => Buffer.from(hkdfSync('sha256', TEXT, '', info, 32))
    assert.deepEqual(sealing.export(), bytesFor('jotter 1 private keys'))
    assert.deepEqual(refresh.export(), bytesFor('jotter 1 refresh tokens'))
    assert.equal(proof, bytesFor('jotter 1 proof of the master key').toString('base64url'))
  })

  test('L-01 are not told by printing them', (t) => {
    const master = emptyData(t).start(TEXT)
    const printed = inspect(master, { depth: 9, showHidden: true }) + JSON.stringify(master)
    for (const key of [master.sealing, master.refresh]) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        assert.ok(!printed.includes(key.export().toString(encoding)))
      }
    }
    assert.ok(!printed.includes(TEXT))
  })
})

test('a database is of the master key that was there first', async (t) => {
  const { start } = emptyData(t)
  const keys = memoryKeys()
  await demandSameMaster(keys, start(TEXT))
  await demandSameMaster(keys, start(TEXT))
  await assert.rejects(demandSameMaster(keys, start()), {
    name: 'MasterKeyError',
    message: /made with another MASTER_KEY/,
  })
})

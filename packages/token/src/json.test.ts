import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { JsonError, type JsonProblem, parseStrictJson } from './json.ts'

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const wide = (members: number) =>
  `{${Array.from({ length: members }, (_, i) => `"m${i}":${i}`).join(',')}}`

describe('parseStrictJson reads what JSON.parse reads', () => {
  const texts = [
    '{}',
    '[]',
    '"text"',
    'null',
    ' {"a" : [1, {"b": "c:d{[\\"\\\\"}], "e":{"a":1}}\r\n',
    '{"":"","\\u0061":"\\ud83d\\ude00","b":"😀 é \u202e"}',
    '[1,1,1,-0,1E5,1.5,1e-400,9007199254740991]',
    '{"constructor":1,"prototype":{"toString":2}}',
    nested(32),
    wide(256),
  ]
  for (const text of texts) {
    test(text.slice(0, 60), () => {
      assert.deepEqual(parseStrictJson(text), JSON.parse(text))
      assert.deepEqual(parseStrictJson(Buffer.from(text)), JSON.parse(text))
    })
  }

  test('whatever JSON.stringify writes', () => {
    const value = fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' })
    fc.assert(
      fc.property(value, (written) => {
        const text = JSON.stringify(written)
        fc.pre(!/\\u0000|__proto__|\d{16}|e\+/.test(text))
        assert.deepEqual(parseStrictJson(text), JSON.parse(text))
      }),
    )
  })
})

describe('parseStrictJson refuses', () => {
  type Row = readonly [name: string, source: string | Uint8Array, problem: JsonProblem]
  const rows: readonly Row[] = [
    ['B-05 a member given twice', '{"a":1,"a":1}', 'duplicate'],
    ['B-05 a member given twice through an escape', '{"alg":1,"\\u0061lg":2}', 'duplicate'],
    ['B-05 a member given twice deep inside', '[{"x":{"b":1,"c":2,"b":3}}]', 'duplicate'],
    ['B-12 33 levels of arrays', nested(33), 'depth'],
    ['B-12 a million levels', nested(1_000_000), 'depth'],
    ['B-12 33 levels of objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, 'depth'],
    ['B-12 257 members', wide(257), 'members'],
    ['B-12 257 members of many objects', `[${'{"a":1},'.repeat(256)}{"a":1}]`, 'members'],
    ['B-13 the byte 0xFF', Buffer.from('"\xff"', 'latin1'), 'encoding'],
    ['B-13 an overlong slash', Buffer.from('"\xc0\xaf"', 'latin1'), 'encoding'],
    ['B-13 a surrogate pair as CESU-8', Buffer.from('"\xed\xa0\xbd"', 'latin1'), 'encoding'],
    ['B-13 a cut-off sequence', Buffer.from('"\xe2\x82"', 'latin1'), 'encoding'],
    ['B-13 a byte order mark', Buffer.from('\ufeff{}'), 'syntax'],
    ['B-13 a byte order mark in a string', '\ufeff{}', 'syntax'],
    ['B-13 UTF-16', Buffer.from('{}', 'utf16le'), 'syntax'],
    ['B-14 a lone surrogate as escape', '["\\ud800"]', 'text'],
    ['B-14 a lone surrogate in a name', '{"\\udc00":1}', 'text'],
    ['B-14 surrogates in the wrong order', '"\\udc00\\ud800"', 'text'],
    ['B-14 a lone surrogate as it is', '"\ud800"', 'encoding'],
    ['B-14 NUL as escape', '"a\\u0000b"', 'text'],
    ['B-14 NUL in a name', '{"a\\u0000":1}', 'text'],
    ['B-14 NUL as it is', '"a\0b"', 'syntax'],
    ['B-15 __proto__', '{"__proto__":{"admin":true}}', 'name'],
    ['B-15 __proto__ through an escape', '{"\\u005f_proto__":1}', 'name'],
    ['B-15 __proto__ deep inside', '[[{"a":{"__proto__":null}}]]', 'name'],
    ['B-16 2^53', '9007199254740992', 'number'],
    ['B-16 2^53 + 1', '{"a":[9007199254740993]}', 'number'],
    ['B-16 minus 2^53 - 1', '-9007199254740993', 'number'],
    ['B-16 1e400', '1e400', 'number'],
    ...['0x10', '01', 'NaN', 'Infinity', '+1', '1.', '.5', '- 1', '1_000'].map(
      (text) => [`B-16 ${text}`, text, 'syntax'] as const,
    ),
    ...['', ' ', '{', '}', '"', '"\\', '{"a"}', '{a:1}', "{'a':1}", '[1,]', '{"a":1,}', '{}{}'].map(
      (text) => [`the text ${text}`, text, 'syntax'] as const,
    ),
    ['a comment', '{}//', 'syntax'],
    ['more closing than opening brackets', ']]]]{{{{', 'syntax'],
    ['colons that name nothing', '[:]', 'syntax'],
  ]
  for (const [name, source, problem] of rows) {
    test(name, () => {
      assert.throws(() => parseStrictJson(source), { name: 'JsonError', problem })
    })
  }

  test('what the given limits exclude', () => {
    assert.throws(() => parseStrictJson('[[1]]', { depth: 1 }), { problem: 'depth' })
    assert.throws(() => parseStrictJson('{"a":1}', { members: 0 }), { problem: 'members' })
    assert.deepEqual(parseStrictJson('[1]', { depth: 1, members: 0 }), [1])
  })

  test('anything else that JSON.parse refuses, and only with a JsonError', () => {
    const piece = fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', '"a"', '1', 'true', ' ')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          try {
            assert.deepEqual(parseStrictJson(text), JSON.parse(text))
          } catch (error) {
            assert.ok(error instanceof JsonError)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})

test('B-15 nothing that was read reaches a prototype', () => {
  assert.throws(() => parseStrictJson('{"__proto__":{"admin":true}}'))
  Object.assign({}, parseStrictJson('{"constructor":{"prototype":{"admin":true}}}'))
  assert.equal(({} as { admin?: boolean }).admin, undefined)
})

test('a JsonError quotes nothing of the text', () => {
  assert.throws(
    () => parseStrictJson('{"password":"hunter2" x'),
    (error: Error) => !/hunter|password/.test(JSON.stringify(error) + error.stack + error.cause),
  )
})

test('B-12 the time for a text grows with its length and no faster', () => {
  const milliseconds = (text: string) => {
    const start = performance.now()
    for (let i = 0; i < 20; i++) {
      try {
        parseStrictJson(text)
      } catch {}
    }
    return performance.now() - start
  }
  for (const unit of ['"', '\\', '{', ':', '"a":', '[[', '""', '\\"', '{"a":{']) {
    milliseconds(unit.repeat(1_000))
    const short = milliseconds(unit.repeat(10_000))
    const long = milliseconds(unit.repeat(100_000))
    assert.ok(long < 40 * short + 20, `${unit}: ${short} ms, then ${long} ms`)
  }
})

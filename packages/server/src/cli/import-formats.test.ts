import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CliError } from './failure.ts'
import { csvRows, type ReadRow, readJsonRow } from './import-formats.ts'

const row = { username: 'anna', email: 'anna@example.com', password_hash: '$2b$secret' }
const problemOf = (read: ReturnType<ReadRow>) => ('problem' in read ? read.problem : undefined)
const rowOf = (read: ReturnType<ReadRow>) => ('row' in read ? read.row : undefined)

describe('a line of JSON', () => {
  test('is a row; null stands for what is not given', () => {
    const whole = { ...row, active: false, created_at: '2020-01-01T00:00:00Z' }
    assert.deepEqual(rowOf(readJsonRow(JSON.stringify(whole))), whole)
    const nulls = { ...row, active: null, created_at: null }
    assert.deepEqual(rowOf(readJsonRow(JSON.stringify(nulls))), row)
  })

  for (const [why, text, problem] of [
    ['is cut', '{"username":"anna","password_hash":"$2b$secret"', 'not valid JSON'],
    ['is a list', '["$2b$secret"]', 'the line is no JSON object'],
    ['is null', 'null', 'the line is no JSON object'],
    ['names a member twice', '{"email":"a","email":"b"}', 'a member is named twice'],
    ['lacks members', '{"username":"anna"}', 'lacks email, password_hash'],
    ['has null for a name', JSON.stringify({ ...row, email: null }), 'lacks email'],
    ['has a number', JSON.stringify({ ...row, username: 1 }), 'username must be a string'],
    ['has a text', JSON.stringify({ ...row, active: 'true' }), 'active must be a boolean'],
    [
      'has others',
      JSON.stringify({ ...row, password: '$2b$secret' }),
      'a member too many: only username, email, password_hash, active, created_at are known',
    ],
  ] as const) {
    test(`that ${why} is none`, () => assert.equal(problemOf(readJsonRow(text)), problem))
  }
})

describe('a line of CSV', () => {
  const read = csvRows('username,email,password_hash,active,created_at')

  test('is a row; an empty field stands for what is not given', () => {
    assert.deepEqual(rowOf(read('anna,anna@example.com,$2b$secret,,')), {
      ...row,
      active: undefined,
    })
    for (const [text, active] of Object.entries({
      t: true,
      TRUE: true,
      1: true,
      f: false,
      0: false,
    })) {
      const found = rowOf(read(`anna,anna@example.com,$2b$secret,${text},2020-01-01T00:00:00Z`))
      assert.deepEqual(found, { ...row, active, created_at: '2020-01-01T00:00:00Z' })
    }
  })

  test('is read in the order of its header', () => {
    const other = csvRows('"password_hash", email,username')
    assert.deepEqual(rowOf(other('$2b$secret,anna@example.com,anna')), {
      ...row,
      active: undefined,
    })
  })

  test('holds whatever a quoted field may', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', ' ', 'ü'), minLength: 1 })
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    const same = fc.property(field, field, field, (username, email, password_hash) => {
      const line = [username, email, password_hash, '', ''].map(quoted).join(',')
      const expected = { username, email, password_hash, active: undefined }
      assert.deepEqual(rowOf(read(line)), expected)
    })
    fc.assert(same, { numRuns: 300 })
  })

  for (const [why, text, problem] of [
    ['has a field too few', 'a,b,c,', 'the line has 4 fields, the header has 5'],
    ['has a field too many', 'a,b,c,,,', 'the line has 6 fields, the header has 5'],
    [
      'has a quote in the middle',
      'a"b,b,c,,',
      'a quote stands alone, or is not closed on the line',
    ],
    ['has text behind a quote', '"a"b,b,c,,', 'a quote stands alone, or is not closed on the line'],
    ['closes no quote', '"a,b,c,,', 'a quote stands alone, or is not closed on the line'],
    ['has an empty name', ',b,c,,', 'lacks username'],
    ['is neither active nor not', 'a,b,c,yes,', 'active must be one of'],
    ['has a name of Object for it', 'a,b,c,constructor,', 'active must be one of'],
  ] as const) {
    test(`that ${why} is none`, () => {
      assert.ok(problemOf(read(text))?.startsWith(problem))
    })
  }

  for (const header of [
    'username,email',
    'username,email,password_hash,role',
    'username,email,password_hash,email',
    'anna,anna@example.com,$2b$secret',
    'username;email;password_hash',
    '"username,email,password_hash',
  ]) {
    test(`is nothing under the header ${header}`, () => {
      assert.throws(
        () => csvRows(header),
        (error) =>
          error instanceof CliError && error.exit === 2 && !error.message.includes('secret'),
      )
    })
  }
})

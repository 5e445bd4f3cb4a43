import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ERRORS, type ErrorCode, headersOf, ServiceError, StoreUnavailable } from './errors.ts'

const sources = globSync(`${import.meta.dirname}/**/*.ts`)
  .filter((file) => !file.endsWith('.test.ts') && !file.endsWith('/errors.ts'))
  .map((file) => readFileSync(file, 'utf8'))

describe('the table of errors', () => {
  for (const [code, { status, title, help }] of Object.entries(ERRORS)) {
    test(`${code} is thrown somewhere, and says what it is and what to do`, () => {
      assert.match(code, /^[a-z]+(_[a-z]+)*$/)
      assert.ok(status >= 400 && status < 600)
      assert.match(title, /^[A-Z].*[^.]$/)
      assert.match(help, /\.$/)
      assert.ok(
        sources.some((source) => source.includes(`'${code}'`)),
        'no source names it',
      )
    })
  }

  for (const name of ['Retry-After', 'Allow']) {
    test(`sends the reader to ${name} where it comes, and nowhere else`, () => {
      const codes = Object.keys(ERRORS) as ErrorCode[]
      const told = codes.filter((code) => ERRORS[code].help.includes(`\`${name}\``))
      assert.ok(told.length > 0)
      assert.deepEqual(
        told,
        codes.filter((code) => headersOf(code).includes(name)),
      )
    })
  }

  test('is in order of status, so that its page is', () => {
    const statuses = Object.values(ERRORS).map(({ status }) => status)
    assert.deepEqual(statuses, statuses.toSorted())
  })
})

test('a service error carries the status and title of its row', () => {
  const error = new ServiceError('xid_conflict', { detail: 'said so' })
  assert.deepEqual(
    { ...error, message: error.message },
    {
      name: 'ServiceError',
      code: 'xid_conflict' satisfies ErrorCode,
      status: 409,
      detail: 'said so',
      fields: undefined,
      headers: {},
      message: 'The xid belongs to another phone number',
    },
  )
})

test('the cause of an error is kept for the log', () => {
  const cause = new StoreUnavailable('the disk is gone')
  assert.equal(new ServiceError('store_unavailable', { cause }).cause, cause)
})

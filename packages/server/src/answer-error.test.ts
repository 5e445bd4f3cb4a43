import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startTestService } from '../../../test/support/service.ts'
import { SHAPES } from './error-shapes.ts'
import { ServiceError } from './errors.ts'

const { get, post } = await startTestService({ after }, { DATABASE_URL: 'memory:' })

describe('a refusal', () => {
  test('is a problem document (RFC 9457) with our code and the id of the request', async () => {
    const answer = await get('/v1/token/none')
    assert.equal(answer.status, 400)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    assert.deepEqual(Object.entries((await answer.json()) as object), [
      ['type', '/docs/errors#phone_number_invalid'],
      ['title', 'The phone number is not valid'],
      ['status', 400],
      ['detail', 'The phone number is not valid'],
      ['code', 'phone_number_invalid'],
      ['request_id', answer.headers.get('x-request-id')],
    ])
  })

  test('points at every bad member', async () => {
    const answer = await post('/v1/token', { xid: 1, role: 'admin' })
    const { detail, errors } = (await answer.json()) as { detail: string; errors: unknown[] }
    assert.equal(detail, 'the body does not have the expected shape')
    assert.deepEqual(errors, [
      { pointer: '/phone_number', detail: "must have required property 'phone_number'" },
      { pointer: '/role', detail: 'must NOT have additional properties' },
      { pointer: '/xid', detail: 'must be string' },
    ])
  })
})

test('a problem without a detail of its own repeats its title', () => {
  const { title, detail } = JSON.parse(SHAPES.problem.text(new ServiceError('not_found'), 'id'))
  assert.equal(detail, title)
})

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startTestService } from '../../../../../test/support/service.ts'
import { claimsOf, codeOf, json, PHONE } from '../../../../../test/support/transactions.ts'

const jotter = await startTestService({ after })
const { get, post } = jotter

describe('phone numbers', () => {
  const written = ['+15555551212', '1 555 555 1212', '1.555.555.1212', '+1 (555) 555-1212']
  for (const [phone, byPath, byJson] of [
    ['15555551212', PHONE, PHONE],
    ['+15555551212', PHONE, PHONE],
    ['1234567', '1234567', '1234567'],
    ['123456789012345', '123456789012345', '123456789012345'],
    ...written.slice(1).map((text) => [text, undefined, PHONE] as const),
    ['123456', undefined, undefined],
    ['1234567890123456', undefined, undefined],
    ['0155555512', undefined, undefined],
    ['++15555551212', undefined, undefined],
    ['1555555121２', undefined, undefined],
    ['١٥٥٥٥٥٥١٢١٢', undefined, undefined],
    ['1e10555', undefined, undefined],
    ['0x15555551', undefined, undefined],
    ['tel:15555551212', undefined, undefined],
    ['15555551212\n', undefined, undefined],
    ['1555555\u00a01212', undefined, undefined],
    ['1'.repeat(40), undefined, undefined],
    ['__proto__', undefined, undefined],
  ] as const) {
    const said = JSON.stringify(phone)
    test(`E-01: ${said} in a path is ${byPath ?? 'refused'}`, async () => {
      const answer = await get(`/v1/token/${encodeURIComponent(phone)}`)
      if (byPath === undefined) {
        assert.equal(await codeOf(answer), 'phone_number_invalid')
        assert.equal(answer.status, 400)
      } else assert.equal(claimsOf(await answer.text()).phn, byPath)
    })
    test(`E-01: ${said} in JSON is ${byJson ?? 'refused'}`, async () => {
      const answer = await post('/v1/token', { phone_number: phone })
      assert.equal(answer.status, byJson === undefined ? 400 : 201)
      const { code, token } = await json<{ code?: string; token?: string }>(answer)
      if (byJson === undefined) assert.equal(code, 'phone_number_invalid')
      else assert.equal(claimsOf(token ?? '').phn, byJson)
    })
  }

  test('E-01: two spellings of a number share its budget', async (t) => {
    const { post } = await startTestService(t, {
      DATABASE_URL: 'memory:',
      JOTTER_RATE_LIMIT_PHONE: '4/minute',
    })
    for (const phone_number of written) {
      assert.equal((await post('/v1/token', { phone_number })).status, 201)
    }
    assert.equal((await post('/v1/token', { phone_number: PHONE })).status, 429)
  })
})

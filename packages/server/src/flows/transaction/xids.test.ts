import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { CUSTOMER, NOW, startTestService } from '../../../../../test/support/service.ts'
import {
  claimsOf,
  codeOf,
  lookUp,
  newPhone,
  PHONE,
} from '../../../../../test/support/transactions.ts'

const jotter = await startTestService({ after })
const { get, post } = jotter
const { transaction, countOf } = lookUp(jotter)

describe('xids', () => {
  for (const xid of ['a', 'x'.repeat(100), 'A.b_c~d-9', 'ORDER-1', 'constructor', '__proto__']) {
    test(`E-03: ${xid} is taken as it is and found again`, async () => {
      const phone = newPhone()
      const answer = await get(`/v1/token/${phone}/${xid}`)
      assert.equal(answer.status, 200)
      assert.equal(claimsOf(await answer.text()).xid, xid)
      assert.equal((await transaction(xid)).phone_number, phone)
    })
  }

  for (const xid of [
    '',
    'x'.repeat(101),
    'x'.repeat(4096),
    'a b',
    'a/b',
    'a\\b',
    'a"b',
    "a'b",
    'a*',
    'a;b=c',
    'a%2eb',
    'a\0',
    'a\r\nX-A:1',
    'ä',
    '\u{1f600}',
    '.',
    '..',
  ]) {
    test(`E-03: ${JSON.stringify(xid).slice(0, 40)} is refused and nothing is stored`, async () => {
      const phone_number = newPhone()
      const answer = await post('/v1/token', { phone_number, xid })
      assert.equal(answer.status, 400)
      assert.match(await answer.text(), xid === 'a\0' ? /"invalid_request"/ : /"xid_invalid"/)
      assert.equal(await countOf(phone_number), 0)
    })
  }

  test('E-03: xids differ by case', async () => {
    const [lower, upper] = [newPhone(), newPhone()]
    assert.equal((await get(`/v1/token/${lower}/case-a`)).status, 200)
    assert.equal((await get(`/v1/token/${upper}/CASE-A`)).status, 200)
    assert.equal((await transaction('case-a')).phone_number, lower)
    assert.equal((await transaction('CASE-A')).phone_number, upper)
  })
})

describe('the same xid again', () => {
  test('item 28, E-04: gives a fresh token of the same transaction, and its history says so', async (t) => {
    const service = await startTestService(t)
    const { get, clock } = service
    const tokens: string[] = []
    for (const seconds of [0, 0, 1, 200]) {
      clock.pass(seconds)
      tokens.push(await (await get(`/v1/token/${PHONE}/again`)).text())
    }
    const [first, atOnce, later, afterExpiry] = tokens
    assert.equal(atOnce, first)
    assert.deepEqual(
      [later, afterExpiry].map((token) => claimsOf(token ?? '').iat),
      [NOW / 1000 - 9, NOW / 1000 + 191],
    )
    const { history, token, issued_at, expires_at, updated_at, status } =
      await lookUp(service).transaction('again')
    assert.deepEqual(
      { token, issued_at, expires_at, updated_at, status },
      {
        token: afterExpiry,
        issued_at: '2017-07-14T02:43:21.000Z',
        expires_at: '2017-07-14T02:44:41.000Z',
        updated_at: '2017-07-14T02:43:21.000Z',
        status: 'issued',
      },
    )
    const by = 'open'
    assert.deepEqual(history, [
      { status: 'issued', at: '2017-07-14T02:40:00.000Z', by, detail: null },
      { status: 'issued', at: '2017-07-14T02:40:00.000Z', by, detail: 'issued again' },
      { status: 'issued', at: '2017-07-14T02:40:01.000Z', by, detail: 'issued again' },
      { status: 'issued', at: '2017-07-14T02:43:21.000Z', by, detail: 'issued again' },
    ])
    assert.equal(await lookUp(service).countOf(PHONE), 1)
  })

  test('E-04: 50 at once give one transaction with 50 entries', async () => {
    const phone = newPhone()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => get(`/v1/token/${phone}/at-once`)),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.equal((await transaction('at-once')).history.length, 50)
    assert.equal(await countOf(phone), 1)
  })

  test('E-05: with another phone number it is 409, and the first number is not told', async () => {
    const [first, other] = [newPhone(), newPhone()]
    await get(`/v1/token/${first}/taken`)
    const before = await transaction('taken')
    const answers = [
      await get(`/v1/token/${other}/taken`),
      await post('/v1/token', { phone_number: other, xid: 'taken' }),
    ]
    for (const answer of answers) {
      const body = await answer.text()
      assert.equal(answer.status, 409)
      assert.match(body, /"xid_conflict"/)
      assert.ok(!body.includes(first) && !body.includes(first.slice(-4)))
    }
    assert.deepEqual(await transaction('taken'), before)
    assert.equal(await countOf(other), 0)
  })

  test('E-05: of 20 phone numbers at once exactly one gets the xid', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => get(`/v1/token/${newPhone()}/contested`)),
    )
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [200, ...Array.from({ length: 19 }, () => 409)])
  })

  for (const status of ['completed', 'failed', 'revoked'] as const) {
    test(`of a ${status} transaction is 409 transaction_closed`, async () => {
      const phone_number = newPhone()
      const xid = `closed-${status}`
      await get(`/v1/token/${phone_number}/${xid}`)
      const { transactions } = await jotter.stores()
      const to = { status, at: NOW, by: 'test', detail: undefined }
      assert.ok(
        await transactions.advance(CUSTOMER.TELESIGN_CUSTOMER_ID, xid, { from: ['issued'], to }),
      )
      const before = await transaction(xid)
      assert.equal(before.status, status)
      for (const answer of [
        await get(`/v1/token/${phone_number}/${xid}`),
        await post('/v1/token', { phone_number, xid }),
      ]) {
        assert.equal(answer.status, 409)
        assert.equal(await codeOf(answer), 'transaction_closed')
      }
      assert.deepEqual(await transaction(xid), before)
    })
  }

  test('of a presented transaction is a fresh token, and it stays presented', async () => {
    const phone = newPhone()
    await get(`/v1/token/${phone}/presented`)
    const { transactions } = await jotter.stores()
    const to = { status: 'presented', at: NOW, by: 'test', detail: undefined } as const
    await transactions.advance(CUSTOMER.TELESIGN_CUSTOMER_ID, 'presented', { from: ['issued'], to })
    assert.equal((await get(`/v1/token/${phone}/presented`)).status, 200)
    assert.equal((await transaction('presented')).status, 'presented')
  })
})

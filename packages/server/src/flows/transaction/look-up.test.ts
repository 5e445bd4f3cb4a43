import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { ADMIN_KEY, CUSTOMER, NOW, startTestService } from '../../../../../test/support/service.ts'
import {
  codeOf,
  json,
  lookUp,
  newPhone,
  PHONE,
  type Whole,
} from '../../../../../test/support/transactions.ts'

const jotter = await startTestService({ after })
const { get, post } = jotter
const { transaction } = lookUp(jotter)

describe('looking up', () => {
  test('items 16, 17: the transaction is found by its xid, with all that is known of it', async () => {
    const phone = newPhone()
    const token = await (await get(`/v1/token/${phone}/look-up`)).text()
    const answer = await get('/v1/transactions/look-up', ADMIN_KEY)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.deepEqual(await json(answer), {
      xid: 'look-up',
      customer_id: CUSTOMER.TELESIGN_CUSTOMER_ID,
      phone_number: phone,
      status: 'issued',
      token,
      issued_at: '2017-07-14T02:40:00.000Z',
      expires_at: '2017-07-14T02:41:20.000Z',
      updated_at: '2017-07-14T02:40:00.000Z',
      reference_id: null,
      history: [{ status: 'issued', at: '2017-07-14T02:40:00.000Z', by: 'open', detail: null }],
    })
  })

  test('item 16: and by its phone number, however that is written', async () => {
    const phone = newPhone()
    await get(`/v1/token/${phone}/by-phone`)
    for (const text of [phone, `+${phone}`, ` ${phone.slice(0, 4)}-(${phone.slice(4)}) `]) {
      const path = `/v1/transactions?phone_number=${encodeURIComponent(text)}`
      const { items } = await json<{ items: Whole[] }>(await get(path, ADMIN_KEY))
      assert.deepEqual(
        items.map(({ xid }) => xid),
        ['by-phone'],
      )
    }
  })

  for (const xid of ['unknown', '%00', 'a%2fb', 'x'.repeat(4096), '%F0%9F%98%80', '', '..;']) {
    test(`an xid that nobody used is 404: ${JSON.stringify(xid).slice(0, 40)}`, async () => {
      const answer = await get(`/v1/transactions/${xid}`, ADMIN_KEY)
      assert.equal(answer.status, 404)
      assert.equal(await codeOf(answer), 'transaction_not_found')
    })
  }

  test('expired is derived from the time, and no row changes', async (t) => {
    const service = await startTestService(t)
    await service.get(`/v1/token/${PHONE}/derived`)
    for (const [milliseconds, status] of [
      [79_999, 'issued'],
      [80_000, 'expired'],
    ] as const) {
      service.clock.at = NOW + milliseconds
      const { history, ...whole } = await lookUp(service).transaction('derived')
      assert.equal(whole.status, status)
      assert.equal(history.length, 1)
      for (const filter of ['issued', 'expired']) {
        const { items } = await json<{ items: Whole[] }>(
          await service.get(`/v1/transactions?status=${filter}`, ADMIN_KEY),
        )
        assert.equal(items.length, filter === status ? 1 : 0, `${filter} at ${milliseconds}`)
        assert.ok(items.every((item) => item.status === status))
      }
    }
  })

  test('STORE_TOKENS=digest keeps only the SHA-256 of the token', async (t) => {
    const service = await startTestService(t, { JOTTER_STORE_TOKENS: 'digest' })
    const token = await (await service.get(`/v1/token/${PHONE}/digest`)).text()
    const { token: kept, token_sha256 } = await lookUp(service).transaction('digest')
    assert.equal(kept, undefined)
    assert.equal(token_sha256, createHash('sha256').update(token).digest('hex'))
    const retry = { 'idempotency-key': 'digest' }
    const body = { phone_number: PHONE }
    const first = await json(await service.post('/v1/token', body, undefined, retry))
    assert.deepEqual(await json(await service.post('/v1/token', body, undefined, retry)), first)
  })
})

describe('revoking', () => {
  const revoke = (xid: string, key = ADMIN_KEY) =>
    post(`/v1/transactions/${xid}/revoke`, undefined, key)

  test('ends an open transaction and says by whom in its history', async () => {
    const key = await jotter.newKey(['transactions:write'])
    await get(`/v1/token/${newPhone()}/revoke-1`)
    const answer = await revoke('revoke-1', key)
    const whole = await json<Whole>(answer)
    assert.equal(answer.status, 200)
    assert.equal(whole.status, 'revoked')
    assert.deepEqual(whole.history.at(-1), {
      status: 'revoked',
      at: '2017-07-14T02:40:00.000Z',
      by: key.split('_')[1],
      detail: null,
    })
    assert.deepEqual(await transaction('revoke-1'), whole)
  })

  test('applies once, whoever races', async () => {
    await get(`/v1/token/${newPhone()}/revoke-2`)
    const answers = await Promise.all(Array.from({ length: 20 }, () => revoke('revoke-2')))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.equal((await transaction('revoke-2')).history.length, 2)
  })

  test('a look-up beside it shows status and history of one moment', async () => {
    const phone = newPhone()
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const xid = `moment-${i}`
        await get(`/v1/token/${phone}/${xid}`)
        const revoked = post(`/v1/transactions/${xid}/revoke`, undefined, ADMIN_KEY)
        const looks = Array.from({ length: 4 }, () => transaction(xid))
        for (const { status, history } of [
          await json<Whole>(await revoked),
          ...(await Promise.all(looks)),
        ]) {
          assert.equal(history.at(-1)?.status, status)
        }
      }),
    )
  })

  test('an expired one is revoked, not expired', async (t) => {
    const service = await startTestService(t)
    await service.get(`/v1/token/${PHONE}/late`)
    service.clock.pass(80)
    await service.post('/v1/transactions/late/revoke', undefined, ADMIN_KEY)
    assert.equal((await lookUp(service).transaction('late')).status, 'revoked')
  })

  test('a completed one is 409 and stays completed; an unknown one is 404', async () => {
    await get(`/v1/token/${newPhone()}/done`)
    const { transactions } = await jotter.stores()
    const to = { status: 'completed', at: NOW, by: 'test', detail: undefined } as const
    await transactions.advance(CUSTOMER.TELESIGN_CUSTOMER_ID, 'done', { from: ['issued'], to })
    const refused = await revoke('done')
    assert.equal(refused.status, 409)
    assert.equal(await codeOf(refused), 'transaction_closed')
    assert.equal((await transaction('done')).status, 'completed')
    assert.equal((await revoke('nobody-used-this')).status, 404)
  })
})

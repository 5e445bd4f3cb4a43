import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import {
  ADMIN_KEY,
  CUSTOMER,
  NOW,
  startTestService,
  type TestService,
} from '../../../../../test/support/service.ts'
import { codeOf, json, PHONE, type Whole } from '../../../../../test/support/transactions.ts'

describe('lists', () => {
  interface Page {
    items: Whole[]
    next: string | null
  }

  /** 500 rows, five on each millisecond, in the order of the list. */
  const ROWS = Array.from({ length: 500 }, (_, i) => {
    const [letter, millisecond] = ['~baZA'[i % 5] as string, 99 - Math.floor(i / 5)]
    return {
      xid: `row-${letter}-${millisecond}`,
      phoneNumber: letter === 'Z' || letter === 'A' ? '16660000001' : '16660000000',
      issuedAt: NOW + millisecond,
    }
  })

  async function startWithRows() {
    const service = await startTestService({ after })
    const { transactions } = await service.stores()
    await Promise.all(
      ROWS.map((row) =>
        transactions.insert({
          ...row,
          customerId: CUSTOMER.TELESIGN_CUSTOMER_ID,
          status: 'issued',
          token: 'x.y.z',
          tokenSha256: undefined,
          expiresAt: NOW + 80_000,
          updatedAt: row.issuedAt,
          referenceId: undefined,
          openedAt: row.issuedAt,
          openedBy: 'test',
        }),
      ),
    )
    return service
  }
  const lists = startWithRows()
  const list = async (query: string, service?: TestService) => {
    const { get } = service ?? (await lists)
    return get(`/v1/transactions?${query}`, ADMIN_KEY)
  }
  const page = async (query: string, service?: TestService) =>
    json<Page>(await list(query, service))
  const xidsOf = ({ items }: Page) => items.map(({ xid }) => xid)

  test('leave out token and history, newest first', async (t) => {
    const service = await startTestService(t)
    for (const xid of ['old', 'middle', 'new']) {
      await service.get(`/v1/token/${PHONE}/${xid}`)
      service.clock.pass(1)
    }
    const { items, next } = await page('', service)
    assert.equal(next, null)
    assert.deepEqual(
      items.map(({ xid }) => xid),
      ['new', 'middle', 'old'],
    )
    assert.deepEqual(items[0], {
      xid: 'new',
      customer_id: CUSTOMER.TELESIGN_CUSTOMER_ID,
      phone_number: PHONE,
      status: 'issued',
      issued_at: '2017-07-14T02:40:02.000Z',
      expires_at: '2017-07-14T02:41:22.000Z',
      updated_at: '2017-07-14T02:40:02.000Z',
      reference_id: null,
    })
  })

  for (const query of [
    '',
    'status=issued&',
    'from=2017-07-14T02:40:00Z&',
    'phone_number=16660000001&',
  ]) {
    test(`500 rows, five on each millisecond, come in pages, each once and in order: ?${query}`, async () => {
      const seen: string[] = []
      let after: string | null = ''
      while (after !== null) {
        const { items, next }: Page = await page(`${query}limit=23${after && `&after=${after}`}`)
        seen.push(...xidsOf({ items, next }))
        after = next
      }
      const wanted = query.startsWith('phone')
        ? ROWS.filter(({ phoneNumber }) => phoneNumber === '16660000001')
        : ROWS
      assert.deepEqual(
        seen,
        wanted.map(({ xid }) => xid),
      )
    })
  }

  test('limit is 50 unless given, at most 200; next is null on the last page', async () => {
    assert.equal((await page('')).items.length, 50)
    assert.equal((await page('limit=200')).items.length, 200)
    assert.equal((await page('limit=1')).items.length, 1)
    const exact = await page('phone_number=16660000001&limit=200')
    assert.deepEqual([exact.items.length, exact.next], [200, null])
  })

  test('from is inclusive, to is exclusive, offsets are understood', async () => {
    const between = 'from=2017-07-14T02:40:00.010Z&to=2017-07-14T02:40:00.012Z'
    const plus = 'from=2017-07-14T04:40:00.010%2B02:00&to=2017-07-14T04:40:00.012%2B02:00'
    for (const query of [between, plus]) {
      const { items } = await page(query)
      assert.deepEqual(
        [...new Set(items.map(({ issued_at }) => issued_at))],
        ['2017-07-14T02:40:00.011Z', '2017-07-14T02:40:00.010Z'],
      )
      assert.equal(items.length, 10)
    }
    assert.equal((await page('from=2018-01-01T00:00:00Z')).items.length, 0)
    assert.equal((await page('to=2017-07-14T02:40:00Z')).items.length, 0)
  })

  test('filters are combined', async () => {
    const { post } = await lists
    await post('/v1/transactions/row-A-50/revoke', undefined, ADMIN_KEY)
    assert.deepEqual(xidsOf(await page('status=revoked')), ['row-A-50'])
    const all = 'status=revoked&phone_number=16660000001&from=2017-07-14T02:40:00Z'
    assert.deepEqual(xidsOf(await page(all)), ['row-A-50'])
    assert.deepEqual(xidsOf(await page('status=revoked&phone_number=16660000000')), [])
    for (const status of ['presented', 'completed', 'failed', 'expired']) {
      assert.deepEqual(xidsOf(await page(`status=${status}`)), [], status)
    }
  })

  const cursor = (text: string) => Buffer.from(text).toString('base64url')
  for (const [query, pointer] of [
    ['limit=0', '/limit'],
    ['limit=201', '/limit'],
    ['limit=-1', '/limit'],
    ['limit=1.5', '/limit'],
    ['limit=', '/limit'],
    ['limit=ten', '/limit'],
    ['limit=1&limit=2', '/limit'],
    ['status=open', '/status'],
    ['status=', '/status'],
    ['from=yesterday', '/from'],
    ['from=1500000000', '/from'],
    ['from=2017-07-14', '/from'],
    ['from=2017-02-30T00:00:00Z', '/from'],
    ['to=2017-07-14T02:40:60Z', '/to'],
    ['to=2016-12-31T23:59:60Z', '/to'],
    ['phone=15555551212', '/phone'],
    ['sort=xid', '/sort'],
    ['__proto__=1', '/__proto__'],
    ['access_token=abc', '/access_token'],
    ['after=', '/after'],
    ['after=null', '/after'],
    [`after=${'a'.repeat(501)}`, '/after'],
    [`after=${cursor('1500000000000')}`, '/after'],
    [`after=${cursor("1500000000000 a' OR 1=1--")}`, '/after'],
    [`after=${cursor('-1 a')}`, '/after'],
    [`after=${cursor('1e12 a')}`, '/after'],
    [`after=${cursor('0001 a')}`, '/after'],
    [`after=${cursor('1500000000000 a')}=`, '/after'],
    [`after=${cursor('1500000000000 a')}!!`, '/after'],
  ] as const) {
    test(`D-14: ?${query.slice(0, 60)} is 400 at ${pointer}`, async () => {
      const answer = await list(query)
      assert.equal(answer.status, 400)
      const { code, errors } = await json<{ code: string; errors: { pointer: string }[] }>(answer)
      assert.equal(code, 'invalid_request')
      assert.deepEqual(
        errors.map((error) => error.pointer),
        [pointer],
      )
    })
  }

  test('D-14: a phone number that is none is 400 phone_number_invalid', async () => {
    assert.equal(await codeOf(await list('phone_number=123')), 'phone_number_invalid')
  })
})

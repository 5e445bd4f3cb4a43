import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ADMIN_KEY, NOW, startTestService } from '../../../../../test/support/service.ts'
import {
  codeOf,
  json,
  lookUp,
  PHONE,
  type Whole,
} from '../../../../../test/support/transactions.ts'

describe('customers', () => {
  const OTHER = 'the-other-customer'

  test('E-06, E-08: do not see, list, revoke or collide with each other', async (t) => {
    const service = await startTestService(t)
    const { apiKeys, transactions } = await service.stores()
    await apiKeys.keepCustomer(OTHER, NOW)
    const theirs = await service.newKey(['transactions:read', 'transactions:write'], OTHER)
    const ours = await service.newKey(['transactions:read', 'transactions:write'])

    await service.get(`/v1/token/${PHONE}/shared`, ours)
    const { history: _, ...mine } = await lookUp(service).transaction('shared')
    assert.equal((await service.get('/v1/transactions/shared', theirs)).status, 404)
    const revoked = await service.post('/v1/transactions/shared/revoke', undefined, theirs)
    assert.equal(revoked.status, 404)

    const their = {
      customerId: OTHER,
      xid: 'shared',
      phoneNumber: '16665551212',
      status: 'issued' as const,
      token: 'x.y.z',
      tokenSha256: undefined,
      issuedAt: NOW,
      expiresAt: NOW + 80_000,
      updatedAt: NOW,
      referenceId: undefined,
      openedAt: NOW,
      openedBy: 'test',
    }
    assert.ok(await transactions.insert(their), 'the same xid of another customer is free')
    for (const [key, phone] of [
      [ours, PHONE],
      [theirs, their.phoneNumber],
    ] as const) {
      const found = await json<Whole>(await service.get('/v1/transactions/shared', key))
      assert.equal(found.phone_number, phone)
      const { items } = await json<{ items: Whole[] }>(await service.get('/v1/transactions', key))
      assert.deepEqual(
        items.map((item) => item.phone_number),
        [phone],
      )
    }
    const unseen = `/v1/transactions?phone_number=${PHONE}`
    assert.deepEqual((await json(await service.get(unseen, theirs))).items, [])

    await service.post('/v1/transactions/shared/revoke', undefined, theirs)
    const { history: __, ...after } = await lookUp(service).transaction('shared')
    assert.deepEqual(after, mine)
  })

  test("E-08: another customer's xid and an unknown one are answered alike", async (t) => {
    const service = await startTestService(t)
    await (await service.stores()).apiKeys.keepCustomer(OTHER, NOW)
    const theirs = await service.newKey(['transactions:read'], OTHER)
    await service.get(`/v1/token/${PHONE}/ours`)
    const answers = await Promise.all(
      ['ours', 'unknown'].map(async (xid) => {
        const { request_id, ...rest } = await json(
          await service.get(`/v1/transactions/${xid}`, theirs),
        )
        return { ...rest, request_id: typeof request_id }
      }),
    )
    assert.deepEqual(answers[0], answers[1])
  })

  test('a customer whose key this service does not have gets 503 flow_not_configured', async (t) => {
    const service = await startTestService(t)
    await (await service.stores()).apiKeys.keepCustomer(OTHER, NOW)
    const theirs = await service.newKey(['transactions:write'], OTHER)
    for (const answer of [
      await service.get(`/v1/token/${PHONE}/no-key`, theirs),
      await service.post('/v1/token', { phone_number: PHONE, xid: 'no-key' }, theirs),
    ]) {
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), null)
      assert.equal(await codeOf(answer), 'flow_not_configured')
    }
    assert.equal((await service.get('/v1/transactions/no-key', ADMIN_KEY)).status, 404)
  })
})

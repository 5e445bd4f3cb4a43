import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startTestService, type TestService } from '../../../../../test/support/service.ts'
import { codeOf, json, lookUp, newPhone, PHONE } from '../../../../../test/support/transactions.ts'

const jotter = await startTestService({ after })
const { transaction, countOf } = lookUp(jotter)

describe('Idempotency-Key', () => {
  const once = (phone_number: string, key: string, { post }: TestService = jotter, by?: string) =>
    post('/v1/token', { phone_number }, by, { 'idempotency-key': key })

  test('repeats the first answer, also after the clock has moved', async (t) => {
    const service = await startTestService(t)
    const first = await json(await once(PHONE, 'retry-1', service))
    for (const seconds of [0, 30, 3_600, 82_000]) {
      service.clock.pass(seconds)
      const again = await once(PHONE, 'retry-1', service)
      assert.equal(again.status, 201)
      assert.equal(again.headers.get('location'), `/v1/transactions/${first.xid}`)
      assert.deepEqual(await json(again), first)
    }
    assert.equal(await lookUp(service).countOf(PHONE), 1)
    assert.equal((await lookUp(service).transaction(String(first.xid))).history.length, 1)
  })

  test('stands for another transaction once a day has passed', async (t) => {
    const service = await startTestService(t)
    const first = await json(await once(PHONE, 'retry-1', service))
    service.clock.pass(86_400)
    assert.equal((await json(await once(PHONE, 'retry-1', service))).xid, first.xid)
    service.clock.pass(1)
    const second = await json(await once(PHONE, 'retry-1', service))
    assert.notEqual(second.xid, first.xid)
    assert.equal((await json(await once(PHONE, 'retry-1', service))).xid, second.xid)
    service.clock.pass(86_401)
    assert.equal((await once(newPhone(), 'retry-1', service)).status, 201)
  })

  test('with another body is 422 idempotency_mismatch, and nothing is stored', async () => {
    const other = newPhone()
    await once(newPhone(), 'mismatch')
    const answer = await once(other, 'mismatch')
    assert.equal(answer.status, 422)
    assert.equal(await codeOf(answer), 'idempotency_mismatch')
    assert.equal(await countOf(other), 0)
  })

  test('belongs to its caller: two API keys and an open caller may use the same', async () => {
    const phone = newPhone()
    const [one, two] = await Promise.all([
      jotter.newKey(['transactions:write']),
      jotter.newKey(['transactions:write']),
    ])
    const answers = [
      await once(phone, 'shared'),
      await once(phone, 'shared', jotter, one),
      await once(phone, 'shared', jotter, two),
      await once(phone, 'shared', jotter, one),
    ]
    const xids = await Promise.all(answers.map(async (answer) => (await json(answer)).xid))
    assert.equal(new Set(xids).size, 3)
    assert.equal(xids[3], xids[1])
  })

  test('20 posts at once with one key give one transaction and one token', async () => {
    const phone = newPhone()
    const answers = await Promise.all(Array.from({ length: 20 }, () => once(phone, 'parallel')))
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.equal(new Set(bodies).size, 1)
    assert.equal(await countOf(phone), 1)
    const { xid } = JSON.parse(bodies[0] ?? '')
    assert.equal((await transaction(xid)).history.length, 1)
  })

  for (const [why, key] of [
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['not printable', 'käse'],
    ['two words', 'two words'],
  ] as const) {
    test(`that is ${why} is 400 idempotency_key_invalid, and nothing is stored`, async () => {
      const phone = newPhone()
      const answer = await once(phone, key)
      assert.equal(answer.status, 400)
      assert.equal(await codeOf(answer), 'idempotency_key_invalid')
      assert.equal(await countOf(phone), 0)
    })
  }
})

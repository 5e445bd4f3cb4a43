/**
 * Who is unknown, who is wrong and who is disabled get the same answer, byte by byte, and so do those
 * who are slowed down (security.md D-01). How well their times tell them apart is measured where
 * JOTTER_TEST_LONG is set.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { makeHash } from '../../../packages/server/src/passwords/hash.ts'
import { quantiles } from '../../faults/figures.ts'
import { seededRandom } from '../../faults/random.ts'
import type { Told } from '../../support/asking.ts'
import {
  askAllKinds,
  fillKinds,
  KINDS,
  KINDS_ENVIRONMENT,
  kindNames,
  separability,
} from '../../support/login-kinds.ts'
import { startTestService } from '../../support/service.ts'
import { PASSWORD, QUICK } from '../../support/sessions.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined

/** All of an answer but its time of day. */
function seen({ status, rawHeaders, text }: Told): string {
  const lines = rawHeaders.map((entry, i) => (i % 2 === 0 ? entry : `${entry}\n`))
  const date = lines.findIndex((entry) => /^date$/i.test(entry))
  return [status, ...lines.toSpliced(date, 2), text].join(' ')
}

test('failed logins of one status are the same, byte by byte', async (t) => {
  const count = 20
  const service = await startTestService({ after }, { ...QUICK, ...KINDS_ENVIRONMENT })
  const hash = await makeHash(PASSWORD, { hash: 'bcrypt', cost: 4 })
  await fillKinds((await service.stores()).users, count, hash)
  const answers = await askAllKinds(service.address, { count, random: seededRandom(t) })
  for (const status of [401, 429]) {
    const kinds = kindNames.filter((kind) => KINDS[kind].status === status)
    const different = new Set(kinds.flatMap((kind) => (answers.get(kind) ?? []).map(seen)))
    assert.deepEqual([...different].length, 1, [...different].join('\n\n'))
  }
})

test('times that are apart are told apart, and equal ones are not', () => {
  assert.equal(separability([1, 2, 3], [4, 5]), 1)
  assert.equal(separability([4, 5], [1, 2, 3]), 1)
  assert.equal(separability([1, 2, 2, 3], [1, 2, 2, 3]), 0.5)
  assert.equal(separability([1, 3], [2, 4]), 0.75)
})

test('times do not tell why a login failed', async (t) => {
  // Of so few, chance alone makes up to 0.75; a hash that is left out makes 1.
  const [count, bound] = LONG ? [1_000, 0.55] : [30, 0.85]
  const service = await startTestService({ after }, KINDS_ENVIRONMENT)
  const hash = await makeHash(PASSWORD, { hash: 'argon2id' })
  await fillKinds((await service.stores()).users, count, hash)
  const answers = await askAllKinds(service.address, { count, random: seededRandom(t) })
  const took = (kind: (typeof kindNames)[number]) => (answers.get(kind) ?? []).map(({ ms }) => ms)
  for (const kind of kindNames) {
    const auc = separability(took(KINDS[kind].like), took(kind))
    t.diagnostic(`${kind}, ms: ${quantiles(took(kind))}; AUC ${auc.toFixed(3)}`)
    assert.ok(auc < bound, `${kind} is told from ${KINDS[kind].like}: AUC ${auc}`)
  }
})

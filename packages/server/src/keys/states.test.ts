import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { memoryKeys } from '../stores/memory/keys.ts'
import { emergencyOf, stepsOf, TRANSITIONS, type TransitionName } from './states.ts'
import type { KeyState, StoredKey } from './store.ts'

const NOW = 1_800_000_000_000
const STATES = ['next', 'active', 'retiring', 'retired'] as const

const keyIn = (state: KeyState, kid = 'one'): StoredKey => ({
  ...{ kid, alg: 'ES256', state, publicJwk: '{}', createdAt: NOW, stateAt: NOW, lifeSeconds: 9 },
  sealed: state === 'retired' ? undefined : '1.a.b.c',
  dueAt: state === 'next' || state === 'retiring' ? NOW + 10 : undefined,
})

/** What the store says to a change, and the states afterwards. */
async function tryOn(name: TransitionName, state: KeyState, at: number, before?: StoredKey) {
  const store = memoryKeys()
  await store.insert(keyIn(state))
  if (before !== undefined) await store.insert(before)
  const done = await store.advance(...stepsOf(name, { kid: 'one' }, at, before))
  return { done, states: new Map((await store.list()).map((key) => [key.kid, key.state])) }
}

describe('a change of state', () => {
  const NAMES = Object.keys(TRANSITIONS) as TransitionName[]
  for (const name of NAMES) {
    const { from, to, whenDue } = TRANSITIONS[name]
    for (const state of STATES) {
      const taken = state === from
      test(`${name} is ${taken ? `taken to ${to}` : 'refused'} from ${state}`, async () => {
        const { done, states } = await tryOn(name, state, NOW + 10)
        assert.equal(done, taken)
        assert.equal(states.get('one'), taken ? to : state)
      })
    }
    test(`${name} ${whenDue ? 'waits for' : 'asks for no'} date`, async () => {
      assert.equal((await tryOn(name, from, NOW + 9)).done, !whenDue)
    })
  }

  for (const [name, after] of [
    ['promote', 'retiring'],
    ['succeed', 'retired'],
  ] as const) {
    test(`${name} makes the key before ${after}, or changes nothing`, async () => {
      const active = keyIn('active', 'before')
      const good = await tryOn(name, 'next', NOW + 10, active)
      assert.deepEqual([...good.states].sort(), [
        ['before', after],
        ['one', 'active'],
      ])
      const late = await tryOn(name, 'retired', NOW + 10, active)
      assert.equal(late.done, false)
      assert.equal(late.states.get('before'), 'active')
    })
  }

  test('nothing leads out of retired, and in an emergency everything leads there', () => {
    for (const name of NAMES) assert.notEqual(TRANSITIONS[name].from as KeyState, 'retired')
    for (const state of STATES) {
      for (const inUse of [true, false]) {
        const name = emergencyOf(keyIn(state), inUse)
        if (state === 'retired') assert.equal(name, undefined)
        else if (state === 'active' && inUse) assert.equal(name, 'succeed')
        else assert.equal(name && TRANSITIONS[name].to, 'retired')
      }
    }
  })
})

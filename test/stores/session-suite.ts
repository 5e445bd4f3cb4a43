import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Session } from '../../packages/server/src/users/store.ts'
import type { OpenStores } from './open.ts'
import {
  DAY,
  endOf,
  HUNDRED,
  MINUTE,
  michael,
  NOW,
  PROOF,
  sessionOf,
  userOf,
  wins,
} from './sessions/examples.ts'
import { openOf, revoked } from './sessions/look.ts'

/** A minute later: the second generation, and the token with it. */
const ROTATION = {
  from: 1,
  at: NOW + MINUTE,
  expiresAt: NOW + MINUTE + DAY,
  tokensUntil: NOW + 2 * MINUTE,
}
const REPEAT = {
  generation: 2,
  notBefore: NOW + MINUTE,
  at: NOW + MINUTE + 5,
  tokensUntil: NOW + 3 * MINUTE,
}

/** What every SessionStore must do. `open` gives empty stores; the suite closes them. */
export function sessionStoreSuite(engine: string, open: OpenStores) {
  /** With michael and one session of his. */
  async function started(session: Session = sessionOf('s1')) {
    const stores = await open()
    await stores.users.insert(michael, session)
    return stores
  }

  describe(`SessionStore on ${engine}`, { concurrency: 4 }, () => {
    openSuite(started)
    rotateSuite(started)
    repeatSuite(started)
    endSuite(started)
    raceSuite(started)
    purgeSuite(started)
  })
}

type Started = (session?: Session) => ReturnType<OpenStores>

function openSuite(started: Started) {
  test('an unknown session is undefined, and nothing can be done with it', async () => {
    await using stores = await started()
    const { sessions } = stores
    assert.equal(await sessions.get('s2'), undefined)
    assert.equal(await sessions.rotate('s2', ROTATION), false)
    assert.equal(await sessions.repeat('s2', { ...REPEAT, generation: 1 }), false)
    assert.equal(await sessions.end('s2', NOW), false)
    assert.equal(await sessions.endAll('nobody', NOW), 0)
    assert.deepEqual(await revoked(stores), [])
  })

  test('open keeps every member, and when the user logged in', async () => {
    await using stores = await started()
    const session = sessionOf('s2', {
      createdAt: NOW + 1,
      generation: 7,
      rotatedAt: NOW + 2,
      expiresAt: 8_640_000_000_000_000,
      tokensUntil: NOW + 3,
    })
    assert.equal(await stores.sessions.open(session, PROOF), true)
    assert.deepEqual(await stores.sessions.get('s2'), session)
    assert.deepEqual(await stores.users.get('michael'), { ...michael, lastLoginAt: NOW + 1 })
  })

  test('open keeps a hash that was made again in the place of the one that was verified', async () => {
    await using stores = await started()
    const { users, sessions } = stores
    const proof = { ...PROOF, rehashed: '$hash 1 again' }
    assert.equal(await sessions.open(sessionOf('s2'), proof), true)
    assert.equal((await users.get('michael'))?.passwordHash, '$hash 1 again')
    assert.deepEqual(await openOf(stores, ['s1', 's2']), ['s1', 's2'])
  })

  test('open is refused to a disabled user, an old password, nobody, and a taken id', async () => {
    await using stores = await started()
    const { users, sessions } = stores
    await users.insert(userOf('disabled', { active: false }))
    const before = await users.list({ limit: 10 })
    const rehashed = 'never kept'
    const refused: Record<string, [Session, { passwordHash: string }]> = {
      disabled: [sessionOf('s2', { userId: 'disabled' }), PROOF],
      old: [sessionOf('s2'), { passwordHash: '$hash 0' }],
      nobody: [sessionOf('s2', { userId: 'nobody' }), PROOF],
      taken: [sessionOf('s1', { createdAt: NOW + 1 }), PROOF],
    }
    for (const [why, [session, proof]] of Object.entries(refused)) {
      assert.equal(await sessions.open(session, { ...proof, rehashed }), false, why)
    }
    assert.equal(await sessions.get('s2'), undefined)
    assert.deepEqual(await sessions.get('s1'), sessionOf('s1'))
    assert.deepEqual(await users.list({ limit: 10 }), before)
  })

  test('a hundred logins of one user at once are a hundred sessions', async () => {
    await using stores = await started()
    const opened = HUNDRED.map((i) => stores.sessions.open(sessionOf(`n${i}`), PROOF))
    assert.equal(wins(await Promise.all(opened)), 100)
  })
}

function rotateSuite(started: Started) {
  test('rotate is the next generation, with a new end', async () => {
    await using stores = await started()
    assert.equal(await stores.sessions.rotate('s1', ROTATION), true)
    assert.deepEqual(
      await stores.sessions.get('s1'),
      sessionOf('s1', {
        generation: 2,
        rotatedAt: ROTATION.at,
        expiresAt: ROTATION.expiresAt,
        tokensUntil: ROTATION.tokensUntil,
      }),
    )
  })

  test('rotate never shortens how long an end is remembered', async () => {
    await using stores = await started()
    const step = { ...ROTATION, tokensUntil: NOW + 1 }
    assert.equal(await stores.sessions.rotate('s1', step), true)
    assert.equal((await stores.sessions.get('s1'))?.tokensUntil, NOW + MINUTE)
  })

  test('rotate is refused to another generation, at the end, and after it', async () => {
    await using stores = await started()
    const { sessions } = stores
    for (const from of [0, 2, -1]) {
      assert.equal(await sessions.rotate('s1', { ...ROTATION, from }), false, String(from))
    }
    assert.equal(await sessions.rotate('s1', { ...ROTATION, at: NOW + DAY }), false)
    assert.deepEqual(await sessions.get('s1'), sessionOf('s1'))
    assert.equal(await sessions.rotate('s1', { ...ROTATION, at: NOW + DAY - 1 }), true)
    await sessions.end('s1', NOW + DAY)
    assert.equal(await sessions.rotate('s1', { ...ROTATION, from: 2, at: NOW }), false)
  })

  test('exactly one of 100 rotates each generation', async () => {
    await using stores = await started()
    for (let from = 1; from <= 5; from += 1) {
      const rotated = HUNDRED.map(() => stores.sessions.rotate('s1', { ...ROTATION, from }))
      assert.equal(wins(await Promise.all(rotated)), 1)
      assert.equal((await stores.sessions.get('s1'))?.generation, from + 1)
    }
  })
}

function repeatSuite(started: Started) {
  test('repeat gives the last generation another token, and nothing else', async () => {
    await using stores = await started()
    const { sessions } = stores
    await sessions.rotate('s1', ROTATION)
    const rotated = await sessions.get('s1')
    assert.equal(await sessions.repeat('s1', REPEAT), true)
    assert.deepEqual(await sessions.get('s1'), { ...rotated, tokensUntil: REPEAT.tokensUntil })
    assert.equal(await sessions.repeat('s1', { ...REPEAT, tokensUntil: NOW }), true)
    assert.equal((await sessions.get('s1'))?.tokensUntil, REPEAT.tokensUntil)
  })

  test('repeat is refused to another generation, too late, at the end, and after it', async () => {
    await using stores = await started()
    const { sessions } = stores
    await sessions.rotate('s1', ROTATION)
    const rotated = await sessions.get('s1')
    const refused = {
      before: { ...REPEAT, generation: 1 },
      after: { ...REPEAT, generation: 3 },
      late: { ...REPEAT, notBefore: REPEAT.notBefore + 1 },
      over: { ...REPEAT, at: ROTATION.expiresAt },
    }
    for (const [why, step] of Object.entries(refused)) {
      assert.equal(await sessions.repeat('s1', step), false, why)
    }
    assert.deepEqual(await sessions.get('s1'), rotated)
    await sessions.end('s1', NOW)
    assert.equal(await sessions.repeat('s1', REPEAT), false)
  })
}

function endSuite(started: Started) {
  test('end leaves the session and its revocation, for as long as its tokens live', async () => {
    await using stores = await started()
    const { sessions } = stores
    await sessions.rotate('s1', ROTATION)
    assert.equal(await sessions.end('s1', NOW + 2), true)
    const ended = await sessions.get('s1')
    assert.equal(ended?.endedAt, NOW + 2)
    assert.deepEqual(await revoked(stores), [
      endOf(sessionOf('s1', { tokensUntil: ROTATION.tokensUntil }), NOW + 2),
    ])
    assert.equal(await sessions.end('s1', NOW + 3), false)
    assert.deepEqual(await sessions.get('s1'), ended)
    assert.equal((await revoked(stores)).length, 1)
  })

  test('end of a session that was revoked already is an end all the same', async () => {
    await using stores = await started()
    const longer = endOf(sessionOf('s1', { tokensUntil: NOW + DAY }), NOW)
    await stores.revocations.insert(longer)
    assert.equal(await stores.sessions.end('s1', NOW + 2), true)
    assert.deepEqual(await openOf(stores, ['s1']), [])
    assert.deepEqual(await revoked(stores), [longer])
  })

  test('exactly one of 100 ends a session', async () => {
    await using stores = await started()
    const ended = await Promise.all(HUNDRED.map((i) => stores.sessions.end('s1', NOW + i)))
    assert.equal(wins(ended), 1)
    assert.deepEqual(await revoked(stores), [endOf(sessionOf('s1'), NOW + ended.indexOf(true))])
  })

  test('endAll ends what is open of one user, and says how many', async () => {
    await using stores = await started()
    const { users, sessions } = stores
    await users.insert(userOf('other'), sessionOf('of other', { userId: 'other' }))
    for (const id of ['s2', 's3']) await sessions.open(sessionOf(id), PROOF)
    await sessions.end('s2', NOW + 1)
    assert.equal(await sessions.endAll('michael', NOW + 2), 2)
    assert.equal(await sessions.endAll('michael', NOW + 3), 0)
    assert.deepEqual(await openOf(stores, ['s1', 's2', 's3', 'of other']), ['of other'])
    assert.deepEqual(await revoked(stores), [
      endOf(sessionOf('s1'), NOW + 2),
      endOf(sessionOf('s2'), NOW + 1),
      endOf(sessionOf('s3'), NOW + 2),
    ])
  })

  test('endAll of a hundred times at once counts each session once', async () => {
    await using stores = await started()
    for (const id of ['s2', 's3']) await stores.sessions.open(sessionOf(id), PROOF)
    const ended = await Promise.all(HUNDRED.map((i) => stores.sessions.endAll('michael', NOW + i)))
    assert.equal(
      ended.reduce((a, b) => a + b),
      3,
    )
    assert.equal((await revoked(stores)).length, 3)
  })
}

/** Each of these may come first; whichever does, nothing that was ended is open afterwards. */
function raceSuite(started: Started) {
  const opening = HUNDRED.slice(0, 20).map((i) => `n${i}`)
  const races: Record<string, (stores: Awaited<ReturnType<Started>>) => Promise<boolean>> = {
    'a user is disabled': ({ users }) =>
      users.setActive('michael', { active: false, at: NOW + 1, revokedUntil: NOW + DAY }),
    'the password is replaced': ({ users }) =>
      users.setPassword('michael', { to: '$hash 2', at: NOW + 1 }),
  }
  for (const [what, happen] of Object.entries(races)) {
    test(`while ${what}, no login slips through`, async () => {
      for (let turn = 0; turn < opening.length; turn += 5) {
        await using stores = await started()
        const logIn = (id: string) => stores.sessions.open(sessionOf(id), PROOF)
        const first = opening.slice(0, turn).map(logIn)
        const happened = happen(stores)
        const opened = await Promise.all([...first, ...opening.slice(turn).map(logIn)])
        assert.equal(await happened, true)
        assert.deepEqual(await openOf(stores, [...opening, 's1']), [])
        const ended = (await revoked(stores)).filter(({ kind }) => kind === 'sid')
        assert.equal(ended.length, wins(opened) + 1)
      }
    })
  }

  test('an end remembers the tokens of a refresh that was just before it', async () => {
    await using stores = await started()
    const { sessions } = stores
    const steps = HUNDRED.map((i) => ({ ...ROTATION, from: i + 1, tokensUntil: NOW + DAY + i }))
    const rotated = steps.slice(0, 50).map((step) => sessions.rotate('s1', step))
    const ended = sessions.end('s1', NOW)
    rotated.push(...steps.slice(50).map((step) => sessions.rotate('s1', step)))
    const last = (await Promise.all(rotated)).lastIndexOf(true)
    assert.equal(await ended, true)
    const tokensUntil = last < 0 ? NOW + MINUTE : NOW + DAY + last
    assert.deepEqual(await revoked(stores), [endOf(sessionOf('s1', { tokensUntil }), NOW)])
  })
}

function purgeSuite(started: Started) {
  test('purge drops what can neither be refreshed nor has a token', async () => {
    const over = { expiresAt: NOW - 1, tokensUntil: NOW - 1 }
    await using stores = await started(sessionOf('over', over))
    const { sessions } = stores
    const others = {
      ended: { ...over, endedAt: NOW - 2 },
      refreshable: { ...over, expiresAt: NOW },
      'has a token': { ...over, tokensUntil: NOW },
      'ended, and has a token': { ...over, tokensUntil: NOW, endedAt: NOW - 2 },
    }
    for (const [id, members] of Object.entries(others)) {
      await sessions.open(sessionOf(id, members), PROOF)
    }
    assert.equal(await sessions.purge(NOW, 10), 2)
    assert.equal(await sessions.purge(NOW, 10), 0)
    const left = await Promise.all(Object.keys(others).map((id) => sessions.get(id)))
    assert.deepEqual(
      left.map((session) => session?.id),
      [undefined, 'refreshable', 'has a token', 'ended, and has a token'],
    )
  })

  test('purge drops no more than it may at once', async () => {
    await using stores = await started()
    const { sessions } = stores
    await Promise.all(
      HUNDRED.map((i) =>
        sessions.open(sessionOf(`n${i}`, { expiresAt: i, tokensUntil: i }), PROOF),
      ),
    )
    assert.equal(await sessions.purge(NOW, 60), 60)
    assert.equal(await sessions.purge(NOW, 60), 40)
    assert.equal(await sessions.purge(NOW, 60), 0)
    assert.deepEqual(await openOf(stores, ['s1']), ['s1'])
  })
}

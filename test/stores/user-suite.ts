import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { User } from '../../packages/server/src/users/store.ts'
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

const LATER = NOW + 5_000
const DISABLED = { active: false, at: LATER, revokedUntil: LATER + MINUTE } as const

/** What every UserStore must do. `open` gives empty stores; the suite closes them. */
export function userStoreSuite(engine: string, open: OpenStores) {
  describe(`UserStore on ${engine}`, { concurrency: 4 }, () => {
    insertSuite(open)
    listSuite(open)
    passwordSuite(open)
    activeSuite(open)
  })
}

function insertSuite(open: OpenStores) {
  test('an empty store knows nobody', async () => {
    await using stores = await open()
    const { users } = stores
    assert.equal(await users.get('michael'), undefined)
    assert.equal(await users.find({ username: 'name michael' }), undefined)
    assert.equal(await users.find({ email: 'michael@example.com' }), undefined)
    assert.deepEqual(await users.list({ limit: 10 }), [])
    assert.equal(await users.setPassword('michael', { to: '$hash 2', at: NOW }), false)
    assert.equal(await users.setActive('michael', DISABLED), false)
    assert.equal(await users.setActive('michael', { active: true, at: NOW }), false)
    assert.deepEqual(await revoked(stores), [])
  })

  test('a user comes back as it was, by id, user name and e-mail address', async () => {
    await using stores = await open()
    const { users } = stores
    const all = [
      michael,
      userOf('b', { active: false, lastLoginAt: NOW - 1, passwordHash: '$scrypt$ln=15$+/=' }),
      userOf('c', {
        username: { canonical: 'ümläut 😀', shown: 'Ümläut 😀' },
        email: { canonical: "o'neil@example.com", shown: "O'Neil@example.com" },
      }),
      userOf('__proto__', { createdAt: 0, updatedAt: 8_640_000_000_000_000 }),
    ]
    for (const user of all) assert.equal(await users.insert(user), true)
    for (const user of all) {
      assert.deepEqual(await users.get(user.id), user)
      assert.deepEqual(await users.find({ username: user.username.canonical }), user)
      assert.deepEqual(await users.find({ email: user.email.canonical }), user)
    }
  })

  test('names are found as they are compared, not as they are shown', async () => {
    await using stores = await open()
    await stores.users.insert(michael)
    const { username, email } = michael
    assert.equal(await stores.users.find({ username: username.shown }), undefined)
    assert.equal(await stores.users.find({ email: email.shown }), undefined)
    assert.equal(await stores.users.find({ username: email.canonical }), undefined)
    assert.equal(await stores.users.find({ email: username.canonical }), undefined)
  })

  test('of a name that is taken nothing is kept, no session either', async () => {
    await using stores = await open()
    const { users, sessions } = stores
    await users.insert(michael)
    const taken = { id: userOf('michael'), username: userOf('b'), email: userOf('c') }
    const others: Record<string, User> = {
      id: { ...taken.id, username: taken.username.username, email: taken.username.email },
      username: { ...taken.username, username: michael.username },
      email: { ...taken.email, email: michael.email },
    }
    for (const [what, user] of Object.entries(others)) {
      const session = sessionOf(`of ${what}`, { userId: user.id })
      assert.equal(await users.insert(user, session), false, what)
      assert.equal(await sessions.get(session.id), undefined, what)
    }
    assert.deepEqual(await users.list({ limit: 10 }), [michael])
  })

  test('a registration opens its session, or is none', async () => {
    await using stores = await open()
    const { users, sessions } = stores
    const session = sessionOf('s1')
    assert.equal(await users.insert(michael, session), true)
    assert.deepEqual(await sessions.get('s1'), session)
    assert.equal(await users.insert(userOf('b'), sessionOf('s1', { userId: 'b' })), false)
    assert.equal(await users.get('b'), undefined)
    assert.equal(await users.find({ username: 'name b' }), undefined)
    assert.deepEqual(await sessions.get('s1'), session)
    assert.equal(await users.insert(userOf('b'), sessionOf('s2', { userId: 'b' })), true)
  })

  test('exactly one of 100 that register a name at once has it', async () => {
    await using stores = await open()
    const { users, sessions } = stores
    for (const [same, of] of [
      ['username', (i: number) => ({ ...userOf(`u${i}`), username: michael.username })],
      ['email', (i: number) => ({ ...userOf(`e${i}`), email: michael.email })],
    ] as const) {
      const kept = await Promise.all(
        HUNDRED.map((i) => users.insert(of(i), sessionOf(`${same} ${i}`, { userId: of(i).id }))),
      )
      assert.equal(wins(kept), 1, same)
      const [winner] = HUNDRED.filter((i) => kept[i]).map(of)
      assert.deepEqual(await users.get(winner?.id ?? ''), winner)
      const opened = await Promise.all(HUNDRED.map((i) => sessions.get(`${same} ${i}`)))
      assert.deepEqual(
        opened.map((session) => session !== undefined),
        kept,
      )
    }
  })
}

function listSuite(open: OpenStores) {
  test('list is newest first by id, and gives pages of all or of one half', async () => {
    await using stores = await open()
    const ids = HUNDRED.map((i) => `0192${String(i).padStart(3, '0')}`)
    const isActive = (id: string) => Number(id) % 3 !== 0
    await Promise.all(
      ids.toReversed().map((id) => stores.users.insert(userOf(id, { active: isActive(id) }))),
    )
    for (const active of [undefined, true, false]) {
      const listed: string[] = []
      for (let after: string | undefined; ; ) {
        const page = await stores.users.list({ after, active, limit: 7 })
        listed.push(...page.map(({ id }) => id))
        after = page.at(-1)?.id
        if (page.length < 7) break
      }
      const wanted = ids.filter((id) => active === undefined || isActive(id) === active)
      assert.deepEqual(listed, wanted.toReversed(), String(active))
    }
  })
}

function passwordSuite(open: OpenStores) {
  test('a new password ends every session but one, and each leaves its revocation', async () => {
    await using stores = await open()
    const { users, sessions } = stores
    await users.insert(michael, sessionOf('s1'))
    await users.insert(userOf('other'), sessionOf('of other', { userId: 'other' }))
    for (const id of ['s2', 's3', 's4']) await sessions.open(sessionOf(id), PROOF)
    await sessions.end('s2', NOW + 1)
    assert.equal(
      await users.setPassword('michael', { from: '$hash 1', to: '$hash 2', at: LATER, keep: 's3' }),
      true,
    )
    assert.deepEqual(await users.get('michael'), {
      ...michael,
      passwordHash: '$hash 2',
      updatedAt: LATER,
      lastLoginAt: NOW,
    })
    assert.deepEqual(await openOf(stores, ['s1', 's2', 's3', 's4', 'of other']), ['s3', 'of other'])
    assert.deepEqual(await sessions.get('s1'), sessionOf('s1', { endedAt: LATER }))
    assert.deepEqual(await sessions.get('s2'), sessionOf('s2', { endedAt: NOW + 1 }))
    assert.deepEqual(await revoked(stores), [
      endOf(sessionOf('s1'), LATER),
      endOf(sessionOf('s2'), NOW + 1),
      endOf(sessionOf('s4'), LATER),
    ])
  })

  test('a new password of a user without sessions, or with none but the one that goes on', async () => {
    await using stores = await open()
    const { users, sessions } = stores
    await users.insert(michael)
    assert.equal(await users.setPassword('michael', { to: '$hash 2', at: LATER }), true)
    await sessions.open(sessionOf('s1'), { passwordHash: '$hash 2' })
    assert.equal(await users.setPassword('michael', { to: '$hash 3', at: LATER, keep: 's1' }), true)
    assert.deepEqual(await openOf(stores, ['s1']), ['s1'])
    assert.deepEqual(await revoked(stores), [])
  })

  test('of 100 that replace one password exactly one does', async () => {
    await using stores = await open()
    const { users } = stores
    await users.insert(michael, sessionOf('s1'))
    const changed = await Promise.all(
      HUNDRED.map((i) =>
        users.setPassword('michael', { from: '$hash 1', to: `new ${i}`, at: NOW + i }),
      ),
    )
    assert.equal(wins(changed), 1)
    const i = changed.indexOf(true)
    assert.equal((await users.get('michael'))?.passwordHash, `new ${i}`)
    assert.deepEqual(await revoked(stores), [endOf(sessionOf('s1'), NOW + i)])
  })

  test('a password that is not the one any more changes nothing', async () => {
    await using stores = await open()
    const { users } = stores
    await users.insert(michael, sessionOf('s1'))
    assert.equal(await users.setPassword('michael', { from: '$hash 0', to: 'x', at: LATER }), false)
    assert.deepEqual(await users.get('michael'), michael)
    assert.deepEqual(await openOf(stores, ['s1']), ['s1'])
    assert.deepEqual(await revoked(stores), [])
  })
}

function activeSuite(open: OpenStores) {
  test('who is disabled has no session and no token from before', async () => {
    await using stores = await open()
    const { users, sessions } = stores
    await users.insert(michael, sessionOf('s1', { tokensUntil: NOW + 7 }))
    await sessions.open(sessionOf('s2'), PROOF)
    assert.equal(await users.setActive('michael', DISABLED), true)
    assert.deepEqual(await users.get('michael'), {
      ...michael,
      active: false,
      updatedAt: LATER,
      lastLoginAt: NOW,
    })
    assert.deepEqual(await openOf(stores, ['s1', 's2']), [])
    assert.deepEqual(await revoked(stores), [
      endOf(sessionOf('s1', { tokensUntil: NOW + 7 }), LATER),
      endOf(sessionOf('s2'), LATER),
      {
        kind: 'sub',
        value: 'michael',
        // Tokens of the same second are among those from before.
        notBefore: LATER / 1000 + 1,
        revokedAt: LATER,
        expiresAt: LATER + MINUTE,
      },
    ])
  })

  test('who is disabled without a session has no token from before either', async () => {
    await using stores = await open()
    await stores.users.insert(michael)
    assert.equal(await stores.users.setActive('michael', { ...DISABLED, at: NOW + 999 }), true)
    const [revocation, ...others] = await revoked(stores)
    assert.deepEqual([revocation?.kind, revocation?.notBefore], ['sub', NOW / 1000 + 1])
    assert.deepEqual(others, [])
  })

  test('who is enabled can log in again, and nothing else comes back', async () => {
    await using stores = await open()
    const { users, sessions } = stores
    await users.insert(michael, sessionOf('s1'))
    await users.setActive('michael', DISABLED)
    const left = await revoked(stores)
    assert.equal(await users.setActive('michael', { active: true, at: LATER + 1 }), true)
    assert.deepEqual(await users.get('michael'), { ...michael, updatedAt: LATER + 1 })
    assert.deepEqual(await openOf(stores, ['s1']), [])
    assert.deepEqual(await revoked(stores), left)
    assert.equal(await sessions.open(sessionOf('s2'), PROOF), true)
  })

  test('a second time moves what is refused, and is seen by who has read the first', async () => {
    await using stores = await open()
    const { users, revocations } = stores
    await users.insert(michael)
    await users.setActive('michael', DISABLED)
    const { horizon } = await revocations.read(0)
    await users.setActive('michael', { active: true, at: LATER })
    await users.setActive('michael', { ...DISABLED, at: LATER + DAY })
    const { items } = await revocations.read(horizon)
    assert.deepEqual(
      items.map(({ kind, notBefore }) => [kind, notBefore]),
      [['sub', (LATER + DAY) / 1000 + 1]],
    )
  })

  test('exactly one of 100 disables a user, and of 100 enables', async () => {
    await using stores = await open()
    const { users } = stores
    await users.insert(michael, sessionOf('s1'))
    const disabled = HUNDRED.map((i) => users.setActive('michael', { ...DISABLED, at: NOW + i }))
    assert.equal(wins(await Promise.all(disabled)), 1)
    assert.equal((await revoked(stores)).length, 2)
    const enabled = HUNDRED.map((i) => users.setActive('michael', { active: true, at: NOW + i }))
    assert.equal(wins(await Promise.all(enabled)), 1)
  })
}

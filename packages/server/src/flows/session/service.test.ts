import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { generateKey, KeyRing } from '@jotter/token'
import { accessTokens } from '../../keys/access-tokens.ts'
import { fixedKeys } from '../../keys/token-keys.ts'
import { attemptLimits } from '../../passwords/attempts.ts'
import { passwords } from '../../passwords/passwords.ts'
import type { Revocation } from '../../revocation/store.ts'
import { memoryAttempts } from '../../stores/memory/attempts.ts'
import { memorySessionStores } from '../../stores/memory/users.ts'
import { refreshTokens } from './refresh-token.ts'
import { sessionService } from './service.ts'

const NOW = 1_500_000_000_000
const PASSWORD = 'correct horse'
const MICHAEL = { username: 'michael', email: 'michael@example.com' }
const address = '192.0.2.1'

const hashing = (BCRYPT_LOG_ROUNDS: number) =>
  passwords({
    settings: { PASSWORD_HASH: 'bcrypt', BCRYPT_LOG_ROUNDS, PASSWORD_MIN_LENGTH: 4 },
    monotonic: () => performance.now(),
  })

/** As `target`; `calls` gets the name of every method of it that is called. */
const traced = <T extends object>(target: T, calls: string[]): T =>
  new Proxy(target, {
    get(of, name) {
      const member = Reflect.get(of, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        calls.push(String(name))
        return member.apply(of, args)
      }
    },
  })

async function start() {
  const { users, sessions, revocations: kept } = memorySessionStores()
  const ring = new KeyRing(await generateKey('ES256'))
  const clock = { at: NOW }
  const now = () => clock.at
  const tokens = accessTokens({
    keys: fixedKeys(ring),
    issuer: () => 'https://jwt.example.com',
    audience: undefined,
    longestLifeSeconds: 1000,
    now,
  })
  const refresh = refreshTokens(createSecretKey(randomBytes(32)))
  const revoked: Revocation[] = []
  const outcomes: string[] = []
  const calls: string[] = []
  const withRounds = (rounds: number) =>
    sessionService({
      users: traced(users, calls),
      sessions: traced(sessions, calls),
      revocations: { add: (one) => void revoked.push(one), readBack: async () => {} },
      tokens,
      refreshTokens: refresh,
      passwords: traced(hashing(rounds), calls),
      attempts: attemptLimits({ store: traced(memoryAttempts(now), calls), monotonic: now }),
      lives: { login: 1000, token: 900, longest: 1000, grace: 10, session: 86_400 },
      onLogin: (outcome) => void outcomes.push(outcome),
      onRefresh: (outcome) => void outcomes.push(outcome),
      onIssue: () => {},
      now,
    })
  const service = withRounds(4)
  const register = () => service.register({ ...MICHAEL, password: PASSWORD, address })
  return {
    users,
    sessions,
    kept,
    tokens,
    refresh,
    revoked,
    outcomes,
    calls,
    clock,
    withRounds,
    service,
    register,
  }
}

const credentials = { name: { username: 'michael' }, password: PASSWORD, address }

describe('hashes', () => {
  test('are made anew at a login when their parameters have changed', async () => {
    const { users, withRounds, register } = await start()
    const { userId } = await register()
    const before = (await users.get(userId))?.passwordHash ?? ''
    assert.match(before, /^\$2b\$04\$/)
    await withRounds(5).login(credentials, 900)
    const after = (await users.get(userId))?.passwordHash ?? ''
    assert.match(after, /^\$2b\$05\$/)
    await withRounds(5).login(credentials, 900)
    assert.equal((await users.get(userId))?.passwordHash, after)
  })

  test('of twenty logins at once that make one anew, all get in', async () => {
    const { withRounds, register, outcomes } = await start()
    await register()
    const service = withRounds(5)
    await Promise.all(Array.from({ length: 20 }, () => service.login(credentials, 900)))
    assert.deepEqual(outcomes, Array(20).fill('success'))
  })

  test('a change of the password stands against a login that makes the hash anew', async () => {
    const { withRounds, register, tokens, users } = await start()
    const { userId, accessToken } = await register()
    const { sid } = await tokens.verify(accessToken)
    const service = withRounds(5)
    await Promise.all([
      service.login(credentials, 900).catch(() => undefined),
      service.changePassword({ id: userId, sid }, { current: PASSWORD, next: 'staple', address }),
    ])
    const hash = (await users.get(userId))?.passwordHash ?? ''
    assert.equal(await hashing(5).verifyPassword('staple', hash), true)
  })
})

describe('a user who is gone or was disabled', () => {
  for (const [what, change] of [
    ['disabled', { active: false, at: NOW, revokedUntil: NOW + 1 }],
    ['gone', undefined],
  ] as const) {
    test(`is told so where the token is still good: ${what}`, async () => {
      const { users, service, register } = await start()
      const { userId } = await register()
      if (change !== undefined) await users.setActive(userId, change)
      const id = change === undefined ? 'another' : userId
      await assert.rejects(service.status(id), { code: 'user_unavailable', status: 401 })
      const wanted = { current: PASSWORD, next: 'staple', address }
      await assert.rejects(service.changePassword({ id, sid: 'a' }, wanted), {
        code: 'user_unavailable',
      })
    })
  }

  test('cannot refresh any more', async () => {
    const { users, service, register } = await start()
    const { userId, refreshToken } = await register()
    await users.setActive(userId, { active: false, at: NOW, revokedUntil: NOW + 1 })
    await assert.rejects(service.refresh(refreshToken), { code: 'refresh_token_invalid' })
  })
})

describe('revocations', () => {
  test('of a session last until its longest token has expired, here and in the store', async () => {
    const { service, register, tokens, revoked, kept, clock } = await start()
    const { userId: id, accessToken } = await register()
    const { sid, exp } = await tokens.verify(accessToken)
    clock.at += 5_000
    await service.logout({ id, sid }, false)
    const { items } = await kept.read(0)
    for (const [one] of [revoked, items]) {
      assert.deepEqual([one?.kind, one?.value, one?.revokedAt], ['sid', sid, NOW + 5_000])
      assert.ok((one?.expiresAt ?? 0) >= exp * 1000)
    }
  })

  test('of a session that ended for a reused token are told before the answer', async () => {
    const { service, register, tokens, revoked, outcomes, clock } = await start()
    const { accessToken, refreshToken } = await register()
    const { sid } = await tokens.verify(accessToken)
    await service.refresh(refreshToken)
    clock.at += 10_001
    await assert.rejects(service.refresh(refreshToken), { code: 'refresh_token_reused' })
    assert.deepEqual(
      revoked.map(({ value }) => value),
      [sid],
    )
    assert.deepEqual(outcomes, ['rotated', 'reused'])
  })
})

test('a generation that the database has lost is refused, and the session goes on', async () => {
  const { service, register, refresh, revoked } = await start()
  const { refreshToken } = await register()
  const claim = refresh.read(refreshToken)
  assert.ok(claim)
  const later = refresh.make({ ...claim, generation: 3 })
  await assert.rejects(service.refresh(later), { code: 'refresh_token_invalid' })
  assert.deepEqual(revoked, [])
  await service.refresh(refreshToken)
})

test('a registration from a place makes it familiar: the user gets in while others guess', async () => {
  const { service, register } = await start()
  await register()
  const guess = { ...credentials, password: 'wrong', address: '203.0.113.1' }
  for (let i = 0; i < 6; i += 1) await assert.rejects(service.login(guess, 900))
  await assert.rejects(service.login(guess, 900), { code: 'rate_limited' })
  await service.login(credentials, 900)
  const { email } = MICHAEL
  await service.login({ ...credentials, name: { email } }, 900)
})

describe('D-01 logins that fail for different reasons', () => {
  const KINDS = {
    unknown: { username: 'nobody', password: PASSWORD },
    wrong: { username: 'michael', password: 'wrong horse' },
    disabled: { username: 'gone', password: PASSWORD },
    'disabled and wrong': { username: 'gone', password: 'wrong horse' },
  }

  async function traces(attempts: number) {
    const { service, register, users, calls } = await start()
    await register()
    const gone = { username: 'gone', email: 'gone@example.com', password: PASSWORD, address }
    const { userId } = await service.register(gone)
    await users.setActive(userId, { active: false, at: NOW, revokedUntil: NOW + 1 })
    const seen = new Map<string, string[]>()
    for (const [kind, { username, password }] of Object.entries(KINDS)) {
      const from = { name: { username }, password, address: `203.0.113.${seen.size}` }
      for (let i = 0; i < attempts; i += 1) {
        calls.length = 0
        await assert.rejects(service.login(from, 900))
      }
      seen.set(kind, [...calls])
    }
    return seen
  }

  test('ask the store and hash alike, so that no time tells them apart', async () => {
    const alike = ['find', 'remembers', 'take', 'take', 'find', 'verifyPassword']
    for (const [kind, calls] of await traces(1)) assert.deepEqual(calls, alike, kind)
  })

  test('and when they are slowed down, no password is looked at', async () => {
    const alike = ['find', 'remembers', 'take', 'take', 'giveBack']
    for (const [kind, calls] of await traces(6)) assert.deepEqual(calls, alike, kind)
  })
})

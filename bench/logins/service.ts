/**
 * The service with people in it: whose passwords are known, so that it can be logged in to.
 *
 * @module
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HashParameters, makeHash } from '../../packages/server/src/passwords/hash.ts'
import { openStores, type Stores } from '../../packages/server/src/stores/open.ts'
import { PASSWORD } from '../../test/support/sessions.ts'
import { fillUsers } from '../../test/support/users.ts'
import { type RunningServer, startServer } from '../process.ts'
import type { Requests } from '../requests.ts'
import { SERVERS, type Server } from '../servers.ts'

/** How passwords are hashed, and the settings for that. */
export const HASHES = {
  argon2id: { parameters: { hash: 'argon2id' }, env: { JOTTER_PASSWORD_HASH: 'argon2id' } },
  bcrypt: { parameters: { hash: 'bcrypt', cost: 10 }, env: { JOTTER_BCRYPT_LOG_ROUNDS: '10' } },
} as const satisfies Record<string, { parameters: HashParameters; env: Record<string, string> }>

export type HashName = keyof typeof HASHES
export const hashNames = Object.keys(HASHES) as HashName[]

/** Each logs in now and then: at once with one account there would be a line. */
const PEOPLE = 1_000
/** More than the service remembers as verified. */
const TOKENS = 2_000
const AT_ONCE = 50

export interface PeopledService extends AsyncDisposable {
  readonly running: RunningServer
  readonly stores: Stores
  /** Of `PASSWORD`. */
  readonly passwordHash: string
}

/** The service in a new folder below `root`. */
export async function startPeopled(
  root: string,
  hash: HashName,
  environment: Readonly<Record<string, string>> = {},
): Promise<PeopledService> {
  const { parameters, env } = HASHES[hash]
  const dir = mkdtempSync(join(root, `logins-${hash}-`))
  const server: Server = {
    ...SERVERS.jotter,
    env: { ...SERVERS.jotter.env, ...env, ...environment },
  }
  await using parts = new AsyncDisposableStack()
  const running = parts.use(await startServer(server, dir))
  const stores = await openStores(`sqlite:${join(dir, 'jotter.db')}`, { now: Date.now() })
  parts.defer(() => stores.close())
  const passwordHash = await makeHash(PASSWORD, parameters)
  const all = parts.move()
  return { running, stores, passwordHash, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** A file of requests, in the folder `root`: a login of each of many people. */
export async function loginRequests(root: string, { stores, passwordHash }: PeopledService) {
  const users = { prefix: 'person', count: PEOPLE, passwordHash }
  const names = await fillUsers(stores.users, users)
  return fileOf(root, {
    paths: names.map(() => '/auth/login'),
    bodies: names.map((username) => JSON.stringify({ username, password: PASSWORD })),
    expected: '"auth_token":"',
  })
}

/** The same for `GET /auth/status` with each of `tokens`. */
export const statusRequests = (root: string, tokens: readonly string[]) =>
  fileOf(root, {
    paths: tokens.map(() => '/auth/status'),
    authorization: tokens.map((token) => `Bearer ${token}`),
    expected: '"status":"success"',
  })

function fileOf(root: string, requests: Requests): string {
  const file = join(mkdtempSync(join(root, 'requests-')), 'requests.json')
  writeFileSync(file, JSON.stringify(requests))
  return file
}

/** Access tokens of one new session, all of them good, more than are remembered. */
export async function manyTokens({ url }: RunningServer): Promise<string[]> {
  const user = { username: 'michael', email: 'michael@example.com', password: PASSWORD }
  const { auth_token, refresh_token } = await post(`${url}/auth/register`, user)
  const tokens = [auth_token as string]
  for (let refresh = refresh_token as string; tokens.length < TOKENS; ) {
    // At once, so that all are within the grace: each gets a token of its own and the same successor.
    const pairs = await Promise.all(
      Array.from({ length: AT_ONCE }, () =>
        post(`${url}/token/refresh`, { refresh_token: refresh }),
      ),
    )
    tokens.push(...pairs.map(({ token }) => token as string))
    refresh = pairs[0]?.refresh_token as string
  }
  return tokens
}

async function post(url: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}

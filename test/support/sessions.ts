/** What tests of the session flow ask of a service, and how they read its answers. */
import assert from 'node:assert/strict'
import type { TestService } from './service.ts'
import { json } from './transactions.ts'

export const PASSWORD = 'correct horse'

/** Quick hashes: tests that are about other things need not wait for good ones. */
export const QUICK = { BCRYPT_LOG_ROUNDS: '4' }

export interface Tokens {
  auth_token: string
  refresh_token: string
}

/** Of `/token` and `/token/refresh`. */
export interface Pair {
  token: string
  user_id: string
  token_type: string
  expires_in: number
  refresh_token: string
}

let users = 0

/** A name of its own for each test. */
export function newName() {
  users += 1
  const username = `user${users}`
  return { username, email: `${username}@example.com` }
}

export function sessionClient({ post, get, request }: TestService) {
  const logIn = async (username: string, password = PASSWORD) => {
    const answer = await post('/auth/login', { username, password })
    assert.equal(answer.status, 200)
    return json<Tokens>(answer)
  }
  return {
    logIn,

    /** A user who has just registered. */
    async newUser() {
      const names = newName()
      const answer = await post('/auth/register', { ...names, password: PASSWORD })
      assert.equal(answer.status, 201)
      return { ...names, ...(await json<Tokens>(answer)) }
    },

    refresh: (refresh_token: string) => post('/token/refresh', { refresh_token }),

    /** The status of the answer to `GET /auth/status`: 200 while the token is good. */
    async statusOf(token: string): Promise<number> {
      const answer = await get('/auth/status', token)
      await answer.arrayBuffer()
      return answer.status
    },

    logOut: (token: string, query = '', method = 'POST') =>
      request(`/auth/logout${query}`, { method, headers: { authorization: `Bearer ${token}` } }),
  }
}

export const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())

/** The code of an error, which has the shape of its route: below /auth, or /token. */
export async function demandShape(answer: Response, member: 'message' | 'msg') {
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
  const { code, request_id, errors, ...rest } = await json(answer)
  assert.equal(request_id, answer.headers.get('x-request-id'))
  assert.deepEqual(Object.keys(rest), member === 'msg' ? ['msg'] : ['status', 'message'])
  assert.equal(typeof rest[member], 'string')
  return code
}

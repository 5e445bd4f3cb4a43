/** What tests of clients over HTTP ask for again and again. */
import assert from 'node:assert/strict'
import { keyPair } from './key-pairs.ts'
import { ADMIN_KEY, type Owner, startTestService } from './service.ts'

export interface ClientKey {
  kid: string
  alg: string
  created_at: string
  jwk: Record<string, string>
}

export interface Client {
  id: string
  keys: ClientKey[]
  [member: string]: unknown
}

interface Problem {
  code: string
  detail: string
  errors?: { pointer: string; detail: string }[]
}

export const json = async <T>(answer: Response): Promise<T> => (await answer.json()) as T

/** A refusal as it must be. */
export async function refused(asked: Promise<Response>, status: number, code: string) {
  const answer = await asked
  const problem = await json<Problem>(answer)
  assert.deepEqual([answer.status, problem.code], [status, code], problem.detail)
  return problem
}

export async function startClients(owner: Owner, environment = {}) {
  const jotter = await startTestService(owner, environment)
  const { pem } = keyPair()
  const send =
    (method: string) =>
    (path: string, body?: unknown, key = ADMIN_KEY) =>
      jotter.request(path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
  const post = send('POST')
  let made = 0

  return {
    jotter,
    post,
    get: send('GET'),
    patch: send('PATCH'),
    remove: send('DELETE'),

    /** A new client, and the answer that made it. */
    async create(more: object = { public_key: pem }) {
      made += 1
      const id = `app-${made}`
      const answer = await post('/v1/clients', { id, ...more })
      assert.equal(answer.status, 201, await answer.clone().text())
      return { id, path: `/v1/clients/${id}`, answer, client: await json<Client>(answer) }
    },

    /** An API key of another customer. */
    async foreignKey() {
      const { apiKeys } = await jotter.stores()
      await apiKeys.keepCustomer('someone-else', 0)
      return jotter.newKey(['clients'], 'someone-else')
    },
  }
}

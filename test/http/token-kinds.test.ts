/**
 * C-09: every kind of credential at every place that takes one. Only where kind and place belong
 * together does it succeed. A new flow adds its row to CREDENTIALS and its column to PLACES.
 */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { CLIENT_KEY, register, requestToken, send } from '../support/machines.ts'
import { startTestService } from '../support/service.ts'
import { QUICK, sessionClient } from '../support/sessions.ts'

const jotter = await startTestService({ after }, { ...QUICK, DATABASE_URL: 'memory:' })
await register(jotter, 'client', { not_before_seconds: 0 })
const { newUser, refresh } = sessionClient(jotter)
const textOf = async (answer: Response | Promise<Response>) => (await answer).text()

/** The kinds, and how a fresh one of each is got. */
const CREDENTIALS = {
  'request token': () => requestToken(),
  'use token': async () => textOf(send(jotter, '/login', await requestToken())),
  'access token': async () => (await newUser()).auth_token,
  'refresh token': async () => (await newUser()).refresh_token,
  'transaction token': () => textOf(jotter.get('/v1/token/15555551212')),
  'API key': () => jotter.newKey(['admin']),
  "the client's public key": async () =>
    String(CLIENT_KEY.keyObject.export({ type: 'spki', format: 'pem' })),
} satisfies Record<string, () => Promise<string>>

type Kind = keyof typeof CREDENTIALS

interface Place {
  readonly takes: Kind
  present(credential: string): Promise<Response>
}

const bearer = (path: string, method = 'GET') => ({
  present: (credential: string) =>
    jotter.request(path, {
      method,
      headers: { authorization: `Bearer ${credential.replaceAll('\n', '')}` },
    }),
})

/** The places, and what each takes. */
const PLACES: Readonly<Record<string, Place>> = {
  'POST /login': { takes: 'request token', present: (body) => send(jotter, '/login', body) },
  'POST /': { takes: 'use token', present: (body) => send(jotter, '/', body) },
  'GET /auth/status': { takes: 'access token', ...bearer('/auth/status') },
  'POST /auth/logout': { takes: 'access token', ...bearer('/auth/logout', 'POST') },
  'POST /token/refresh': { takes: 'refresh token', present: refresh },
  'GET /v1/transactions': { takes: 'API key', ...bearer('/v1/transactions') },
  'GET /v1/api-keys': { takes: 'API key', ...bearer('/v1/api-keys') },
  'GET /v1/clients': { takes: 'API key', ...bearer('/v1/clients') },
  'GET /v1/revocations': { takes: 'API key', ...bearer('/v1/revocations') },
  // Anybody may ask here; whoever presents something is judged by it.
  'GET /v1/token/{phone_number}': { takes: 'API key', ...bearer('/v1/token/15555551212') },
}

for (const [place, { takes, present }] of Object.entries(PLACES)) {
  describe(`C-09 ${place} takes`, () => {
    for (const [kind, make] of Object.entries(CREDENTIALS)) {
      test(kind === takes ? kind : `no ${kind}`, async () => {
        const { status } = await present(await make())
        if (kind === takes) assert.equal(status, 200)
        else assert.ok([400, 401, 403].includes(status), String(status))
      })
    }
  })
}

test('every kind but those that only others take has its place', () => {
  const taken = new Set(Object.values(PLACES).map(({ takes }) => takes))
  const left = Object.keys(CREDENTIALS).filter((kind) => !taken.has(kind as Kind))
  // TeleSign takes the one, verifiers the other.
  assert.deepEqual(left, ['transaction token', "the client's public key"])
})

/**
 * What the machine flow costs, HTTP to HTTP: logins and passes of the gate in a second, beside bare
 * signing and checking in one process and a bare `node:http` gate. Progress goes to stderr.
 *
 *     npm run bench:machines
 *     npm run bench:machines -- --only RS256 --seconds 2 --connections 16 --json
 *
 * @module
 */
import { createPublicKey, type webcrypto } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { generateKey, publicJwk, signToken } from '@jotter/token'
import { NPM_START } from '../scripts/npm-start.ts'
import type { MachinesResult } from './docs/results.ts'
import { loadServer } from './loading.ts'
import { describeMachine, machineLine } from './machine.ts'
import { MACHINE_COLUMNS, type MachineRow } from './machine-report.ts'
import { whole } from './options.ts'
import { type RunningServer, startServer, temporaryFolder } from './process.ts'
import type { Requests } from './requests.ts'
import { textTable } from './table.ts'
import { makeKeys } from './tokens/keys.ts'
import { opensslSpeed } from './tokens/openssl.ts'
import { rawSign, rawSignElsewhere, rawVerify } from './tokens/raw.ts'
import { OPENSSL_COLUMNS } from './tokens/report.ts'
import { rateSlices } from './tokens/slices.ts'

const KEY = 'an-admin-key-of-the-benchmark-0123456789'
const GATE = join(import.meta.dirname, 'floors/gate.ts')
/** More than the service remembers. */
const TOKENS = 5_000
/** Logins with tokens that may be used once, and how many such tokens there are: some go in the warm-up. */
const ONCE = { answers: 10_000, tokens: 30_000 }
const IN_FLIGHT = 8

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'RS256,ES256,EdDSA' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    json: { type: 'boolean', default: false },
  },
})
const load = {
  seconds: whole(values.seconds, 1),
  warmup: 1,
  connections: whole(values.connections, 1),
}

/** Of the requests. */
const folder = temporaryFolder()
/** Of the algorithm that the machines of the document sign with. */
const clientKey = await generateKey('RS256')
const requestToken = await signToken({ iss: 'bench' }, clientKey)

/** With a `jti`: each is good for one login, and verified for it. */
function onceTokens(): Promise<string[]> {
  const exp = Math.floor(Date.now() / 1000) + 600
  const sign = (jti: number) => signToken({ iss: 'bench', exp, jti: `${jti}` }, clientKey)
  return Promise.all(Array.from({ length: ONCE.tokens }, (_, i) => sign(i)))
}

async function post({ url }: RunningServer, path: string, body: string, headers = {}) {
  const answer = await fetch(url + path, { method: 'POST', body: Buffer.from(body), headers })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.text()
}

async function register(server: RunningServer) {
  const { kid, ...jwk } = publicJwk(clientKey)
  const client = { id: 'bench', jwk, not_before_seconds: 0, lifetime_seconds: 3600, strict: false }
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
  await post(server, '/v1/clients', JSON.stringify(client), headers)
}

async function measure(
  alg: string,
  what: string,
  server: RunningServer,
  requests: Requests,
  answers = Number.POSITIVE_INFINITY,
): Promise<MachineRow> {
  const file = join(folder, 'requests.json')
  writeFileSync(file, JSON.stringify(requests))
  const result = await loadServer(server, { ...load, answers, requests: file })
  const errors = Object.values(result.errors).reduce((sum, count) => sum + count, 0)
  const { requestsPerSecond: perSecond, p50, cpuMicrosPerRequest: cpuMicros } = result
  return { alg, what, perSecond, p50, cpuMicros, errors }
}

/** Bare `node:crypto` on the bytes of a use token, in this process. */
async function floors(alg: string, token: string): Promise<MachineRow[]> {
  const keys = makeKeys(alg)
  if (keys === undefined) return []
  const isRsa = alg.startsWith('RS')
  // RSA is signed by libuv's threads, as the service does it.
  const sign = isRsa ? rawSignElsewhere(keys, token) : rawSign(keys, token)
  const options = { rounds: 3, milliseconds: 500 }
  const parts = token.slice(0, token.lastIndexOf('.'))
  const signature = rawSign(keys, token)()
  const own = `${parts}.${signature.toString('base64url')}`
  const rates = await rateSlices(
    [
      { name: 'bare signing', run: sign },
      { name: 'bare checking', run: rawVerify(keys, own) },
    ],
    options,
    IN_FLIGHT,
  )
  return [...rates].map(([what, all]) => ({ alg, what, perSecond: Math.max(...all) }))
}

async function rowsOf(alg: string): Promise<MachineRow[]> {
  const env = {
    ...NPM_START.env,
    JOTTER_ADMIN_KEY: KEY,
    JOTTER_MACHINE_ALG: alg,
    JOTTER_RATE_LIMIT_KEY: 'off',
  }
  await using server = await startServer(
    { args: NPM_START.args, env, durable: false },
    temporaryFolder(),
  )
  await register(server)
  const tokens: string[] = []
  while (tokens.length < TOKENS) tokens.push(await post(server, '/login', requestToken))
  const one = tokens[0] as string
  const gate = (bodies: readonly string[]): Requests => ({
    paths: bodies.map(() => '/'),
    bodies,
    expected: '.',
  })
  const logins = (bodies: readonly string[]): Requests => ({
    paths: bodies.map(() => '/login'),
    bodies,
    expected: 'eyJ',
  })
  const { keys } = (await (await fetch(`${server.url}/.well-known/jwks.json`)).json()) as {
    keys: { alg: string }[]
  }
  await using floor = await startServer(
    { args: [GATE], env: { BENCH_PEM: pemOf(keys, alg) }, durable: false },
    temporaryFolder(),
  )
  return [
    ...(await floors(alg, one)),
    await measure(alg, 'POST /login, one token', server, logins([requestToken])),
    await measure(alg, 'POST /login, each once', server, logins(await onceTokens()), ONCE.answers),
    await measure(alg, `bare gate, ${TOKENS} tokens`, floor, gate(tokens)),
    await measure(alg, `POST /, ${TOKENS} tokens`, server, gate(tokens)),
    await measure(alg, 'bare gate, one token', floor, gate([one])),
    await measure(alg, 'POST /, one token', server, gate([one])),
  ]
}

function pemOf(keys: readonly { alg: string }[], alg: string): string {
  const jwk = keys.find((key) => key.alg === alg) as webcrypto.JsonWebKey
  return String(
    createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
  )
}

const rows: MachineRow[] = []
for (const alg of values.only.split(',')) {
  process.stderr.write(`${alg}\n`)
  rows.push(...(await rowsOf(alg)))
}
const openssl = await opensslSpeed([1, 2])
const machine = describeMachine(tmpdir())
const text = [textTable(MACHINE_COLUMNS, rows)]
if (openssl) text.push(`${openssl.version}\n${textTable(OPENSSL_COLUMNS, openssl.rows)}`)
text.push(machineLine(machine))
const result: MachinesResult = { bench: 'machines', machine, versions: {}, rows, openssl }
process.stdout.write(`${values.json ? JSON.stringify(result) : text.join('\n\n')}\n`)

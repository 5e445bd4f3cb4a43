/**
 * The conversation of the document that the machine flow comes from, in real time: 40 seconds.
 *
 *     npm start                                                             # in one shell
 *     KEY=jot_... npx node examples/machine-conversation/conversation.ts    # in another
 *
 * KEY is the admin key of the banner: the client has to be registered first. Nothing of jotter is
 * imported, so this is also what a client needs: a key pair, a signature and three requests.
 *
 * @module
 */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const { JOTTER_URL = 'http://127.0.0.1:7519', KEY = '' } = process.env
const STEPS = 8
const STEP_MS = 5_000

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const client = `client-${randomUUID().slice(0, 8)}`

/** A compact JWS (RFC 7515 §7.1) with RS256. */
function jwt(claims: object): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const input = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  // Bytes: to a text fetch would add a content type, which Python's requests does not send.
  const answer = await fetch(JOTTER_URL + path, {
    method: 'POST',
    body: Buffer.from(body),
    headers,
  })
  return { status: answer.status, text: await answer.text() }
}

const print = (line: string) => void process.stdout.write(`${line}\n`)

const pem = publicKey.export({ type: 'spki', format: 'pem' })
const registered = await post('/v1/clients', JSON.stringify({ id: client, public_key: pem }), {
  'content-type': 'application/json',
  authorization: `Bearer ${KEY}`,
})
if (registered.status !== 201) throw new Error(registered.text)

const { status, text: token } = await post('/login', jwt({ iss: client }))
if (status !== 200) throw new Error(`${status} ${token}`)
const begin = performance.now()
print(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

for (let step = 0; step < STEPS; step += 1) {
  // From the login on, so that what the requests take does not add up.
  await sleep(Math.max(0, begin + step * STEP_MS - performance.now()))
  const at = (performance.now() - begin) / 1000
  const answer = await post('/', token)
  print(`${at.toFixed(1).padStart(4)} s  ${answer.status} ${answer.text}`)
}

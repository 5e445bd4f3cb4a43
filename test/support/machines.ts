/** Clients of the machine flow, and what they send. */
import {
  type Claims,
  decodeUnverified,
  generateKey,
  type Key,
  publicJwk,
  signToken,
} from '@jotter/token'
import { ADMIN_KEY, type TestService } from './service.ts'

type Service = Pick<TestService, 'post' | 'request'>

/** One pair for all tests: making an RSA key takes a tenth of a second. */
export const CLIENT_KEY = await generateKey('RS256')

/** Registers `id` with the public half of `key`. */
export async function register(
  { post }: Service,
  id: string,
  policy: Readonly<Record<string, unknown>> = {},
  key: Key = CLIENT_KEY,
): Promise<void> {
  const { kid, ...jwk } = publicJwk(key)
  const answer = await post('/v1/clients', { id, jwk, ...policy }, ADMIN_KEY)
  if (answer.status !== 201) throw new Error(await answer.text())
}

/** A request token as PyJWT makes it: `{ iss }` and no `kid`. */
export const requestToken = (claims: Claims = { iss: 'client' }, key: Key = CLIENT_KEY) =>
  signToken(claims, key)

/** The body as Python's `requests.post(url, data=text)` sends it: no content type at all. */
export const send = ({ request }: Service, path: string, body: string | Uint8Array) =>
  // fetch gives a type to a text, and none to bytes.
  request(path, { method: 'POST', body: typeof body === 'string' ? Buffer.from(body) : body })

/** The use token of a client that is registered. */
export async function logIn(service: Service, claims?: Claims, key?: Key): Promise<string> {
  const answer = await send(service, '/login', await requestToken(claims, key))
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
  return text
}

export const claimsOf = (token: string): Claims => decodeUnverified(token).payload ?? {}

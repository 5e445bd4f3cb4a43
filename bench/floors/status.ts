/**
 * The floor of `GET /auth/status`: a token is verified each time, and its user read from SQLite. The
 * environment says with which algorithm, ES256 or HS256. `GET /token` answers a token.
 *
 * @module
 */
import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  randomUUIDv7,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { floorOptions, listen } from './http.ts'

interface Signer {
  sign(text: string): Buffer
  verify(text: string, signature: Buffer): boolean
}

const SIGNERS: Readonly<Record<string, () => Signer>> = {
  HS256() {
    const key = createSecretKey(randomBytes(32))
    const mac = (text: string) => createHmac('sha256', key).update(text).digest()
    return {
      sign: mac,
      verify: (text, given) => given.length === 32 && timingSafeEqual(mac(text), given),
    }
  },
  ES256() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const dsaEncoding = 'ieee-p1363'
    return {
      sign: (text) => sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding }),
      verify: (text, given) =>
        verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding }, given),
    }
  },
}

const alg = process.env.FLOOR_ALG ?? 'ES256'
const signer = SIGNERS[alg]?.()
if (signer === undefined) throw new Error(`FLOOR_ALG must be one of ${Object.keys(SIGNERS)}`)
const { port, data } = floorOptions()
const db = new DatabaseSync(join(data, 'status.db'))
db.exec(`PRAGMA journal_mode = WAL;
  CREATE TABLE users (id TEXT PRIMARY KEY, username TEXT, email TEXT, active INTEGER, created_at INTEGER)`)
const id = randomUUIDv7()
db.prepare('INSERT INTO users VALUES (?, ?, ?, 1, ?)').run(
  id,
  'michael',
  'michael@example.com',
  Date.now(),
)
const find = db.prepare('SELECT * FROM users WHERE id = ?')

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = encode({ alg, typ: 'JWT' })

function mint(): string {
  const iat = Math.floor(Date.now() / 1000)
  const signed = `${header}.${encode({ exp: iat + 3600, iat, sub: id, jti: randomUUIDv7() })}`
  return `${signed}.${signer?.sign(signed).toString('base64url')}`
}

/** The user of a good token. */
function userOf(authorization = '') {
  const [head, payload, signature] = authorization.slice('Bearer '.length).split('.')
  if (head !== header || payload === undefined || signature === undefined) return undefined
  if (!signer?.verify(`${head}.${payload}`, Buffer.from(signature, 'base64url'))) return undefined
  const { exp, sub } = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return exp > Date.now() / 1000 ? find.get(sub) : undefined
}

listen(port, { close: () => db.close() }, ({ url, headers }, response) => {
  const user = url === '/auth/status' ? userOf(headers.authorization) : undefined
  const text = url === '/token' ? mint() : JSON.stringify({ status: 'success', data: user })
  const status = url === '/token' || user !== undefined ? 200 : 401
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  })
  response.end(text)
})

/**
 * Certificates for tests, made where they are used: no key lies in the project. X.509 version 3 in
 * DER (RFC 5280 §4.1), as little of it as OpenSSL takes.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Keys = { publicKey: KeyObject; privateKey: KeyObject }

export interface Made {
  cert: string
  key: string
  keys: Keys
  name: string
}

const DAY_MS = 86_400_000

export const ecKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const rsaKeys = (modulusLength: number): Keys =>
  generateKeyPairSync('rsa', { modulusLength })

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const { length } = body
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const hex = (text: string) => Buffer.from(text, 'hex')
const time = (at: number) =>
  der(0x18, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, '').slice(0, 14)}Z`))
const nameOf = (text: string) =>
  sequence(der(0x31, sequence(hex('0603550403'), der(0x0c, Buffer.from(text)))))

const SIGNATURES: Readonly<Record<string, Buffer>> = {
  ec: sequence(hex('06082a8648ce3d040302')),
  rsa: sequence(hex('06092a864886f70d01010b'), hex('0500')),
}
/** subjectAltName: DNS localhost, 127.0.0.1, ::1. */
const NAMES = sequence(
  der(0x82, Buffer.from('localhost')),
  der(0x87, hex('7f000001')),
  der(0x87, hex('00000000000000000000000000000001')),
)
/** basicConstraints: an authority. */
const AUTHORITY = sequence(der(0x01, hex('ff')))

/**
 * A certificate for localhost, 127.0.0.1 and ::1, by `issuer` or else by itself.
 *
 * @param options.days From yesterday; negative ones give a certificate that has expired.
 */
export function makeCertificate({
  name = 'jotter test',
  keys = ecKeys(),
  days = 36_500,
  issuer,
}: {
  name?: string
  keys?: Keys
  days?: number
  issuer?: Made
} = {}): Made {
  const signer = issuer ?? { keys, name }
  const algorithm = SIGNATURES[signer.keys.privateKey.asymmetricKeyType as string] as Buffer
  const end = Date.now() + days * DAY_MS
  const extension = (id: string, value: Buffer) => sequence(hex(id), der(0x04, value))
  const content = sequence(
    der(0xa0, hex('020102')),
    der(0x02, hex('01'), randomBytes(8)),
    algorithm,
    nameOf(signer.name),
    sequence(time(Math.min(Date.now(), end) - DAY_MS), time(end)),
    nameOf(name),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension('0603551d11', NAMES), extension('0603551d13', AUTHORITY))),
  )
  const signature = sign('sha256', content, signer.keys.privateKey)
  const whole = sequence(content, algorithm, der(0x03, hex('00'), signature))
  const lines = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return {
    name,
    keys,
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Writes both files; the settings that name them. */
export function writePair(folder: string, { cert, key }: Pick<Made, 'cert' | 'key'>) {
  const paths = {
    JOTTER_TLS_CERT: join(folder, 'cert.pem'),
    JOTTER_TLS_KEY: join(folder, 'key.pem'),
  }
  writeFileSync(paths.JOTTER_TLS_CERT, cert)
  writeFileSync(paths.JOTTER_TLS_KEY, key, { mode: 0o600 })
  return paths
}

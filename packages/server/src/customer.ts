import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { importKey, type Key } from '@jotter/token'
import type { Settings } from './settings.ts'

/** Whose keys and transactions those are that were made before a customer was configured. */
const UNCONFIGURED = 'default'

export interface OwnCustomer {
  readonly id: string
  /** Undefined where the transaction flow is not configured. */
  readonly key: Key | undefined
  /** The file that holds both where they were generated. */
  readonly file?: string
}

/**
 * The customer that this service issues transaction tokens for: TELESIGN_CUSTOMER_ID and
 * TELESIGN_API_KEY. Outside production without them, both are generated on first start and kept in
 * `DATA/telesign.json`, readable by its owner only; with a store in memory they live as long as it.
 */
export function ownCustomer(settings: Settings, inMemory: boolean): OwnCustomer {
  const { ENV, DATA, TELESIGN_CUSTOMER_ID: id, TELESIGN_API_KEY: secret } = settings
  if (id !== undefined && secret !== undefined) return { id, key: signingKey(secret) }
  if (ENV === 'production') return { id: UNCONFIGURED, key: undefined }
  if (inMemory) return { id: randomUUID().toUpperCase(), key: signingKey(randomBytes(64)) }

  const file = join(DATA, 'telesign.json')
  const { customer_id, api_key } = readOrMake(file)
  return { id: customer_id, key: signingKey(Buffer.from(api_key, 'base64')), file }
}

// The length is judged where settings are read: short keys are refused in production only.
const signingKey = (secret: Buffer): Key =>
  importKey({ secret, alg: 'HS256' }, { allowShortSecret: true })

function readOrMake(file: string): { customer_id: string; api_key: string } {
  try {
    const customer_id = randomUUID().toUpperCase()
    const made = { customer_id, api_key: randomBytes(64).toString('base64') }
    // Fails when the file exists, whoever made it first.
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    return made
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return JSON.parse(readFileSync(file, 'utf8'))
  }
}

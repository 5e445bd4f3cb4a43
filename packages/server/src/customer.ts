import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { importKey, type Key } from '@jotter/token'
import { isOpenToAll } from './open-to-all.ts'
import { makeSecretFile } from './secret-file.ts'
import type { Settings } from './settings.ts'
import { base64 } from './settings-kinds.ts'
import { isCustomerId } from './settings-rules.ts'

/** Whose keys and transactions those are that were made before a customer was configured. */
const UNCONFIGURED = 'default'

export interface OwnCustomer {
  readonly id: string
  /** Undefined where the transaction flow is not configured. */
  readonly key: Key | undefined
  /** The file that holds both where they were generated. */
  readonly file?: string
}

/** The file of generated values cannot be used. */
export class CustomerFileError extends Error {
  override readonly name = 'CustomerFileError'
}

/**
 * The customer that this service issues transaction tokens for: TELESIGN_CUSTOMER_ID and
 * TELESIGN_API_KEY. Outside production without them, both are generated on first start and kept in
 * `DATA/telesign.json`, readable by its owner only; with a store in memory they live as long as it.
 */
export function ownCustomer(settings: Settings, inMemory: boolean): OwnCustomer {
  const configured = configuredCustomer(settings)
  if (configured !== undefined) return configured
  if (inMemory) return { id: randomUUID().toUpperCase(), key: signingKey(randomBytes(64)) }
  const file = fileOf(settings)
  makeSecretFile(file, newCustomer)
  return readFile(file)
}

/**
 * The customer that a first start has settled on, for commands that make none: undefined where
 * nothing is configured and nothing was generated yet.
 *
 * @throws {CustomerFileError}
 */
export function knownCustomer(settings: Settings): OwnCustomer | undefined {
  const file = fileOf(settings)
  return configuredCustomer(settings) ?? (existsSync(file) ? readFile(file) : undefined)
}

function configuredCustomer(settings: Settings): OwnCustomer | undefined {
  const { ENV, TELESIGN_CUSTOMER_ID: id, TELESIGN_API_KEY: secret } = settings
  if (id !== undefined && secret !== undefined) return { id, key: signingKey(secret) }
  return ENV === 'production' ? { id: UNCONFIGURED, key: undefined } : undefined
}

const fileOf = ({ DATA }: Settings): string => join(DATA, 'telesign.json')

// The length is judged where settings are read: short keys are refused in production only.
const signingKey = (secret: Buffer): Key =>
  importKey({ secret, alg: 'HS256' }, { allowShortSecret: true })

function newCustomer(): string {
  const customer_id = randomUUID().toUpperCase()
  const made = { customer_id, api_key: randomBytes(64).toString('base64') }
  return `${JSON.stringify(made, null, 2)}
`
}

function readFile(file: string): OwnCustomer {
  if (isOpenToAll(statSync(file).mode)) {
    throw new CustomerFileError(
      `${file} holds a key and is open to every user of this machine: chmod 600 it, or remove it for a new customer and key`,
    )
  }
  const text = readFileSync(file, 'utf8')
  try {
    const { customer_id: id, api_key } = JSON.parse(text) as Record<string, unknown>
    if (!isCustomerId(id)) throw new Error('no such id')
    return { id, key: signingKey(base64.parse(api_key as string)), file }
  } catch {
    // Without its cause: what the parser says quotes the text, and with it the key.
    throw new CustomerFileError(
      `${file} is damaged: restore it, or remove it for a new customer and key`,
    )
  }
}

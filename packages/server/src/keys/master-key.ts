/**
 * The one secret that the others hang from: it encrypts private keys and makes refresh tokens. Nothing
 * is done with it directly; each use has a key of its own, derived by HKDF-SHA256 (RFC 5869).
 */
import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isOpenToAll } from '../open-to-all.ts'
import { makeSecretFile } from '../secret-file.ts'
import type { Settings } from '../settings.ts'
import type { KeyStore } from './store.ts'

export interface MasterKey {
  /** Encrypts private keys: 256 bits for AES. */
  readonly sealing: KeyObject
  /** Of the HMAC in refresh tokens: 256 bits. */
  readonly refresh: KeyObject
  /** Who makes it has the master key, which cannot be told from it. */
  readonly proof: string
}

/** The master key cannot be used, or is not the one of this database. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError'
  readonly remedy: string

  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

/** What each derived key is for (`info` of RFC 5869 §3.2). Never changed: what is kept depends on it. */
const INFO = {
  sealing: 'jotter 1 private keys',
  refresh: 'jotter 1 refresh tokens',
  proof: 'jotter 1 proof of the master key',
} as const

const KEY_BYTES = 32
/** What the first start writes: 32 bytes as base64url. */
const FILE_TEXT = /^[A-Za-z0-9_-]{43}$/

/**
 * The master key: MASTER_KEY, else the text in `DATA/master.key`, which the first start makes,
 * readable by its owner only. With a store in memory it lives as long as that.
 *
 * @throws {MasterKeyError} For a file that is damaged, or that every user of the machine may read.
 */
export function masterKey(
  { MASTER_KEY, DATA }: Pick<Settings, 'MASTER_KEY' | 'DATA'>,
  inMemory: boolean,
): MasterKey {
  if (MASTER_KEY !== undefined) return derive(MASTER_KEY)
  if (inMemory) return derive(newText())
  const file = join(DATA, 'master.key')
  makeSecretFile(file, () => `${newText()}\n`)
  return derive(readFile(file))
}

/**
 * The master key for a command beside the service, which makes none.
 *
 * @throws {MasterKeyError} As `masterKey`, and when there is none.
 */
export function knownMasterKey(settings: Pick<Settings, 'MASTER_KEY' | 'DATA'>): MasterKey {
  const file = join(settings.DATA, 'master.key')
  if (settings.MASTER_KEY !== undefined || existsSync(file)) return masterKey(settings, false)
  throw new MasterKeyError(
    `there is no master key: neither MASTER_KEY nor ${file}`,
    'give MASTER_KEY or --data as the server has them',
  )
}

/**
 * Of several nodes the first one decides; a database that was restored or moved keeps its key too.
 *
 * @throws {MasterKeyError} When the database was used with another master key.
 */
export async function demandSameMaster(keys: KeyStore, { proof }: MasterKey): Promise<void> {
  if ((await keys.keepMasterProof(proof)) === proof) return
  throw new MasterKeyError(
    'the database was made with another MASTER_KEY: what it keeps cannot be used with this one',
    'give every node the MASTER_KEY of the first one; where it made its own, that is the text in its DATA/master.key',
  )
}

/** The text is taken as it is, so that the file and the setting mean the same key. */
function derive(text: string): MasterKey {
  const bytesFor = (use: keyof typeof INFO) =>
    Buffer.from(hkdfSync('sha256', text, '', INFO[use], KEY_BYTES))
  return {
    sealing: createSecretKey(bytesFor('sealing')),
    refresh: createSecretKey(bytesFor('refresh')),
    proof: bytesFor('proof').toString('base64url'),
  }
}

const newText = (): string => randomBytes(KEY_BYTES).toString('base64url')

function readFile(file: string): string {
  if (isOpenToAll(statSync(file).mode)) {
    throw new MasterKeyError(
      `${file} holds the master key and is open to every user of this machine`,
      `chmod 600 ${file}`,
    )
  }
  const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  // Another text would be another key, and everything under the right one would be lost.
  if (FILE_TEXT.test(text)) return text
  throw new MasterKeyError(
    `${file} is damaged: it holds no master key`,
    'restore it from a backup: without it the keys in the database cannot be read',
  )
}

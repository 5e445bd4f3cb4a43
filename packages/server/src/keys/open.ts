/** The keys of a service: those it begins with, what replaces them, and what follows them. */
import type { Logger } from 'pino'
import type { DutyStore } from '../duties.ts'
import type { Settings } from '../settings.ts'
import { keepKeys } from './keep.ts'
import type { MasterKey } from './master-key.ts'
import { keySchedule } from './schedule.ts'
import { type KeyService, keyService } from './service.ts'
import { type SigningKeys, signingKeys } from './signing-keys.ts'
import type { KeyStore } from './store.ts'
import { keyUses, publicationMs } from './uses.ts'

export interface OpenKeysDeps {
  settings: Settings
  store: KeyStore
  duties: DutyStore
  master: MasterKey
  log: Logger
  /** Epoch milliseconds. */
  now: () => number
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

export interface Keys {
  readonly signingKeys: SigningKeys
  readonly service: KeyService
  /** Follows the database until `signal` aborts; fulfils when nothing is asked of it any more. */
  keep(signal: AbortSignal): Promise<void>
}

/**
 * Makes the keys that are missing and needed from the start on, and reads those that are there.
 *
 * @throws {SealError} When a key that signs was changed in the database.
 * @throws {StoreUnavailable}
 */
export async function openKeys(deps: OpenKeysDeps): Promise<Keys> {
  const { settings, log } = deps
  const uses = keyUses(settings)
  const wait = publicationMs(settings)
  const keys = signingKeys({
    ...deps,
    uses,
    secret: settings.SECRET_KEY,
    make: (alg) => service.have(alg, 'active'),
    publicationMs: wait,
    maxAgeSeconds: settings.REVOCATION_MAX_AGE_SECONDS,
  })
  const service = keyService({
    ...deps,
    uses,
    publicationMs: wait,
    // It is done, whether or not it can be read back at once.
    changed: async () => void (await keys.read().catch(() => {})),
  })
  const schedule = keySchedule({
    ...deps,
    service,
    uses,
    damaged: () => keys.damaged,
    publicationMs: wait,
    rotationDays: settings.KEY_ROTATION_DAYS,
  })
  for (const { alg, lazy } of uses) if (!lazy) await service.have(alg, 'active')
  await keys.read()
  await keys.ready()
  return {
    signingKeys: keys,
    service,
    keep: (signal) => keepKeys({ keys, schedule, log }, signal),
  }
}

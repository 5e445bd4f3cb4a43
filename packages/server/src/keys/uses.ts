/** Which algorithms sign with a key pair, and how long others must have known a key before it does. */
import { BOUNDS } from '../clients/service.ts'
import type { Settings } from '../settings.ts'
import { accessLives } from './access-tokens.ts'

export interface KeyUse {
  readonly alg: string
  /** The longest life of a token that is signed so. */
  readonly lifeSeconds: number
  /**
   * Its first key is made when it is first asked to sign: an RSA key takes a tenth of a second, which no
   * start should wait for and most services never need.
   */
  readonly lazy: boolean
}

type UseSettings = Pick<
  Settings,
  | 'ACCESS_ALG'
  | 'MACHINE_ALG'
  | 'TOKEN_EXPIRATION_DAYS'
  | 'TOKEN_EXPIRATION_SECONDS'
  | 'ACCESS_TOKEN_SECONDS'
>

/** What a client may be given at most. */
const [, LONGEST_USE_SECONDS] = BOUNDS.lifetimeSeconds

/** A node reads the keys at least this often, or does not let others keep what it publishes. */
export const READ_WITHIN_MS = 500
/** The same for an answer on its way. */
const ON_ITS_WAY_MS = 500

export const isOfSecret = (alg: string): boolean => alg.startsWith('HS')

/** Each algorithm once. What a secret signs is not among them. */
export function keyUses(settings: UseSettings): KeyUse[] {
  const { ACCESS_ALG, MACHINE_ALG } = settings
  const ofUsers = { alg: ACCESS_ALG, lifeSeconds: accessLives(settings).longest, lazy: false }
  const ofMachines = { alg: MACHINE_ALG, lifeSeconds: LONGEST_USE_SECONDS, lazy: true }
  if (isOfSecret(ACCESS_ALG)) return [ofMachines]
  if (ACCESS_ALG !== MACHINE_ALG) return [ofUsers, ofMachines]
  return [{ ...ofUsers, lifeSeconds: Math.max(ofUsers.lifeSeconds, ofMachines.lifeSeconds) }]
}

/**
 * From the making of a key to its first signature, in milliseconds: by then whoever keeps an older
 * set of public keys, as `Cache-Control` lets him, has to ask again.
 */
export const publicationMs = ({ JWKS_MAX_AGE }: Pick<Settings, 'JWKS_MAX_AGE'>): number =>
  JWKS_MAX_AGE * 1000 + READ_WITHIN_MS + ON_ITS_WAY_MS

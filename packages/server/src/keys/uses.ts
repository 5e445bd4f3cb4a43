/** Which algorithms sign with a key pair, and how long others must have known a key before it does. */
import type { Settings } from '../settings.ts'
import { accessLives } from './access-tokens.ts'

export interface KeyUse {
  readonly alg: string
  /** The longest life of a token that is signed so. */
  readonly lifeSeconds: number
}

type UseSettings = Pick<
  Settings,
  'ACCESS_ALG' | 'TOKEN_EXPIRATION_DAYS' | 'TOKEN_EXPIRATION_SECONDS' | 'ACCESS_TOKEN_SECONDS'
>

/** A node reads the keys at least this often, or does not let others keep what it publishes. */
export const READ_WITHIN_MS = 500
/** The same for an answer on its way. */
const ON_ITS_WAY_MS = 500

export const isOfSecret = (alg: string): boolean => alg.startsWith('HS')

/** Each algorithm once. What a secret signs is not among them. */
export function keyUses(settings: UseSettings): KeyUse[] {
  const all = [{ alg: settings.ACCESS_ALG, lifeSeconds: accessLives(settings).longest }]
  const lives = new Map<string, number>()
  for (const { alg, lifeSeconds } of all) {
    if (!isOfSecret(alg)) lives.set(alg, Math.max(lifeSeconds, lives.get(alg) ?? 0))
  }
  return [...lives].map(([alg, lifeSeconds]) => ({ alg, lifeSeconds }))
}

/**
 * From the making of a key to its first signature, in milliseconds: by then whoever keeps an older
 * set of public keys, as `Cache-Control` lets him, has to ask again.
 */
export const publicationMs = ({ JWKS_MAX_AGE }: Pick<Settings, 'JWKS_MAX_AGE'>): number =>
  JWKS_MAX_AGE * 1000 + READ_WITHIN_MS + ON_ITS_WAY_MS

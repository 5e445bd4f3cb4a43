/** What tokens of one kind are signed and verified with. */
import type { Key, KeyRing } from '@jotter/token'

export interface TokenKeys {
  /**
   * Those in force now: another ring whenever they are others.
   *
   * @throws {StoreUnavailable} When there is no key to sign with.
   */
  ring(): KeyRing
  /** Those in force now, whether or not one of them signs: another list whenever they are others. */
  verifying(): readonly Key[]
  /**
   * Fulfils when they are known to be those of the database: at once, or after one reading when time has
   * passed without one, as in a process that was stopped and goes on. To sign, a key that is made when it
   * is first needed is made then.
   *
   * @param use What for: a signature is good for longer than a look at one.
   * @throws {StoreUnavailable} When they were not confirmed for too long.
   */
  confirmed(use: 'sign' | 'verify'): Promise<void>
  /**
   * Reads again for a token that no key has signed, not for each such token: true when it did, and
   * another key may have.
   */
  askAgain(): Promise<boolean>
}

/** Keys that never change, as a secret of the settings. */
export const fixedKeys = (ring: KeyRing): TokenKeys => ({
  ring: () => ring,
  verifying: () => ring.keys,
  confirmed: async () => {},
  askAgain: async () => false,
})

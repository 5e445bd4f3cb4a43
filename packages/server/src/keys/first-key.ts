import type { TokenKeys } from './token-keys.ts'

/**
 * Keys of which the first is made when it is first asked to sign: of those who ask at once, one makes it
 * and the others wait for him.
 *
 * @param has Whether there is one by now.
 * @param make Fulfils when there is one; of several nodes one makes it.
 */
export function madeAtFirst(
  keys: TokenKeys,
  has: () => boolean,
  make: () => Promise<unknown>,
): TokenKeys {
  let making: Promise<unknown> | undefined
  return {
    ...keys,
    async confirmed(use) {
      await keys.confirmed(use)
      if (use === 'verify' || has()) return
      making ??= make().finally(() => {
        making = undefined
      })
      await making
    },
  }
}

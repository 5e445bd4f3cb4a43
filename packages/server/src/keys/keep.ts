/** Follows the keys of the database for as long as the service runs, and does what is due. */
import type { Logger } from 'pino'
import { poll } from '../replica.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { StoredKey } from './store.ts'

/** Well below the time after which what is published may not be kept. */
const POLL_MS = 200

export interface KeepKeysDeps {
  keys: Pick<SigningKeys, 'read'>
  /** Does what is due; true when something was changed. */
  schedule: (rows: readonly StoredKey[]) => Promise<boolean>
  log: Logger
}

/** Fulfils when `signal` has aborted and nothing is asked of the database any more. */
export async function keepKeys(deps: KeepKeysDeps, signal: AbortSignal): Promise<void> {
  const { keys, schedule, log } = deps
  let failing = false

  async function turn(): Promise<void> {
    try {
      for (let again = true; again && !signal.aborted; ) {
        // Who reads says by himself when he cannot.
        const rows = await keys.read().catch(() => undefined)
        again = rows !== undefined && (await schedule(rows))
      }
      failing = false
    } catch (err) {
      if (!failing) log.error({ err }, 'signing keys cannot be kept up')
      failing = true
    }
  }

  await poll(turn, POLL_MS, signal)
}

import { boundedWindows } from '../limits/windows.ts'
import type { ClientStore, WholeClient } from './store.ts'

/** A client that was changed or disabled is what it is now after this many milliseconds. */
const REMEMBERED_MS = 500
const MAX_REMEMBERED = 10_000

/**
 * Clients as they were half a second ago at most: for logins and checks, which would ask for the same
 * one over and over. Those that are not there are asked for each time: anybody could fill the memory
 * with names.
 *
 * @param monotonic Milliseconds of a clock that is never set back.
 */
export function rememberedClients(
  clients: Pick<ClientStore, 'find'>,
  monotonic: () => number,
): Pick<ClientStore, 'find'> {
  const remembered = boundedWindows<{ client: WholeClient; endsAt: number }>(MAX_REMEMBERED)
  return {
    async find(id) {
      // From before it was asked: the answer may be that old.
      const at = monotonic()
      const known = remembered.get(id, at)
      if (known !== undefined) return known.client
      const client = await clients.find(id)
      if (client !== undefined) remembered.begin(id, { client, endsAt: at + REMEMBERED_MS }, at)
      return client
    },
  }
}

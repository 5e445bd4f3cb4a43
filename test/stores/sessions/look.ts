import type { Revocation } from '../../../packages/server/src/revocation/store.ts'
import type { Stores } from '../../../packages/server/src/stores/open.ts'

/** Which of these sessions are open. */
export async function openOf({ sessions }: Stores, ids: readonly string[]): Promise<string[]> {
  const all = await Promise.all(ids.map((id) => sessions.get(id)))
  return ids.filter((_, i) => all[i] !== undefined && all[i].endedAt === undefined)
}

/** All revocations, by kind and value. */
export async function revoked({ revocations }: Stores): Promise<Revocation[]> {
  const { items } = await revocations.read(0)
  const nameOf = ({ kind, value }: Revocation) => `${kind} ${value}`
  return items
    .map(({ position, ...revocation }) => revocation)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

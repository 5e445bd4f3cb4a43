import { CLOCKS_APART_MS, type DutyClaim, type DutyStore } from '../../duties.ts'

export function memoryDuties(): DutyStore {
  const held = new Map<string, DutyClaim>()
  return {
    async claim(claim) {
      const holder = held.get(claim.duty)
      const free =
        holder === undefined ||
        holder.node === claim.node ||
        holder.until <= claim.claimedAt ||
        holder.until > claim.until + CLOCKS_APART_MS
      if (free) held.set(claim.duty, claim)
      return free
    },
  }
}

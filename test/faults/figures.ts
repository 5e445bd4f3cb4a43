/** Figures of a fault test, for its report. */
import assert from 'node:assert/strict'
import type { Verdict } from '../support/ledger.ts'

export function sum(verdicts: readonly Verdict[]): Verdict {
  const [first, ...others] = verdicts as [Verdict, ...Verdict[]]
  const total = { ...first }
  for (const verdict of others) {
    for (const state of Object.keys(total) as (keyof Verdict)[]) total[state] += verdict[state]
  }
  return total
}

/** Something was acknowledged, all of it is there, and nothing is there that should not be. */
export function nothingWrong(verdict: Verdict): void {
  nothingLost(verdict)
  assert.equal(verdict.refused_present, 0)
}

/** The same where an answer may come too late to be sure: what was refused may be there. */
export function nothingLost(verdict: Verdict): void {
  assert.ok(verdict.acked > 0, 'no token was acknowledged: nothing was tried')
  const { lost, torn, different, duplicate } = verdict
  assert.deepEqual(
    { lost, torn, different, duplicate },
    { lost: 0, torn: 0, different: 0, duplicate: 0 },
  )
}

/** `p50 3, p99 12, max 15`, of at least one value. */
export function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number).toFixed(0)
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`
}

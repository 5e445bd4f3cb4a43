/**
 * Interleaved slices: A B C, A B C, ..., so that whatever else the machine does meets all alike.
 *
 * @module
 */
export interface Contestant {
  readonly name: string
  readonly run: () => unknown
}

interface SliceOptions {
  readonly rounds: number
  readonly milliseconds: number
}

/** One figure for each round, for each contestant. */
export type Rounds = ReadonlyMap<string, readonly number[]>

/** Long enough for the compiler to be done with what is called most. */
const WARMUP_MS = 200

/** CPU time and not wall: some work is done on other threads, and other processes come between. */
async function slice(run: () => unknown, count: number) {
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const result = run()
    // Only who answers later is waited for, as any caller would.
    if (result instanceof Promise) await result
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

async function countFor(run: () => unknown, milliseconds: number) {
  let count = 0
  const start = performance.now()
  while (performance.now() - start < WARMUP_MS) {
    await slice(run, 10)
    count += 10
  }
  return Math.max(10, Math.ceil((count * milliseconds) / WARMUP_MS))
}

/** Microseconds of CPU per call. */
export async function cpuSlices(
  contestants: readonly Contestant[],
  { rounds, milliseconds }: SliceOptions,
): Promise<Rounds> {
  const counts = new Map<Contestant, number>()
  for (const one of contestants) counts.set(one, await countFor(one.run, milliseconds))
  return inRounds(contestants, rounds, (one) => slice(one.run, counts.get(one) ?? 1))
}

/** Calls per second while `inFlight` of them are under way. */
export function rateSlices(
  contestants: readonly Contestant[],
  { rounds, milliseconds }: SliceOptions,
  inFlight: number,
): Promise<Rounds> {
  return inRounds(contestants, rounds, async ({ run }) => {
    let count = 0
    const start = performance.now()
    const lane = async () => {
      while (performance.now() - start < milliseconds) {
        await run()
        count += 1
      }
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
    return (count * 1000) / (performance.now() - start)
  })
}

async function inRounds(
  contestants: readonly Contestant[],
  rounds: number,
  measure: (one: Contestant) => Promise<number>,
): Promise<Rounds> {
  const figures = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const one of contestants) figures.get(one.name)?.push(await measure(one))
  }
  return figures
}

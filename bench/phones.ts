/**
 * The phone numbers of the benchmarks: ten million that may be stored, a thousand that are asked for,
 * and longer ones that are looked up.
 *
 * @module
 */
const FIRST = 15_550_000_000
const COUNT = 10_000_000

/** Any of the ten million. */
export const anyPhone = () => String(FIRST + Math.floor(Math.random() * COUNT))

/** The thousand of the load, spread evenly: neighbours would share pages of every index on phone. */
export const loadPhones: readonly string[] = Array.from({ length: 1000 }, (_, i) =>
  String(FIRST + i * (COUNT / 1000) + 1212),
)

/**
 * One that no other transaction of a store has, for each `index` below ten thousand. In an index, which
 * has texts in order, it lies among the others.
 */
export const singlePhone = (index: number) => `${anyPhone()}${String(index).padStart(4, '0')}`

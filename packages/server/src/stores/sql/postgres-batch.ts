/**
 * Writes that share a transaction. The first steps of all of them are sent together, then the second
 * steps, and so on: a batch takes a few answers of the server, however many writes it holds. Steps
 * that are sent together are sorted, but for inserts whose keys are all new: two transactions never wait for
 * each other.
 */
import type { ClientBase } from 'pg'
import { StoreUnavailable } from '../../errors.ts'
import { mayChangeNothing, type SqlStep } from './driver.ts'
import { insertRows, order, rowsOf } from './postgres-rows.ts'
import type { PostgresStatements } from './postgres-statements.ts'

type Write = readonly SqlStep[]

/** How often a batch is taken back and done again without the writes that cannot be kept. */
const ATTEMPTS = 10

/** Fulfils with how many rows the first step of each write has changed; durable by then. */
export async function commitBatch(
  client: ClientBase,
  statements: PostgresStatements,
  batch: readonly Write[],
): Promise<number[]> {
  const alone = batch.every((steps) => steps.length === 1) && onlyInsert(statements, batch)
  // Alone it is a transaction by itself: the whole commit is one message and one answer.
  if (alone) return runSteps(client, statements, firstSteps(batch))

  let without = new Set<number>()
  let before: number[] = []
  for (let i = 0; i < ATTEMPTS; i += 1) {
    const { changed, broken } = await runPhases(client, statements, batch, without)
    // What stood in the way of those that are left out stands there again.
    const same = before.every((rows, place) => rows === 0 || without.has(place) || changed[place])
    if (same && broken.length === 0) {
      const { command } = await client.query('COMMIT')
      if (command === 'COMMIT') return changed
      throw new StoreUnavailable(`the transaction ended with ${command}`)
    }
    await client.query('ROLLBACK')
    without = new Set(same ? [...without, ...broken] : [])
    before = same ? changed : []
  }
  throw new StoreUnavailable('the writes of a batch were in the way of each other')
}

function onlyInsert(statements: PostgresStatements, batch: readonly Write[]): boolean {
  const inserts = new Set(batch.map(([step]) => statements.manyRows(step?.[0] ?? '')))
  return inserts.size === 1 && !inserts.has(undefined)
}

export const firstSteps = (batch: readonly Write[]): SqlStep[] =>
  batch.map(([step]) => step as SqlStep)

/**
 * Begins a transaction and does everything in it. A write whose first step changes nothing goes no
 * further. One that gets stuck later has to be undone: it is `broken`, and with it the transaction.
 */
async function runPhases(
  client: ClientBase,
  statements: PostgresStatements,
  batch: readonly Write[],
  without: ReadonlySet<number>,
) {
  const changed = batch.map(() => 0)
  const broken: number[] = []
  let steps = batch
    .map(([item], place) => ({ place, item: item as SqlStep }))
    .filter(({ place }) => !without.has(place))
  for (let phase = 0; steps.length > 0; phase += 1) {
    const begin = phase === 0 ? [client.query('BEGIN')] : []
    const items = steps.map(({ item }) => item)
    const [counts] = await inOneGo([runSteps(client, statements, items), ...begin])
    const done = steps.filter(
      ({ item: [sql] }, i) => (counts[i] as number) > 0 || (phase > 0 && mayChangeNothing(sql)),
    )
    if (phase === 0)
      for (const [i, { place }] of steps.entries()) changed[place] = counts[i] as number
    else broken.push(...steps.filter((step) => !done.includes(step)).map(({ place }) => place))
    steps = done.flatMap(({ place }) => {
      const item = batch[place]?.[phase + 1]
      return item === undefined ? [] : [{ place, item }]
    })
  }
  return { changed, broken }
}

/** Rows that each of `steps` changed. */
async function runSteps(
  client: ClientBase,
  statements: PostgresStatements,
  steps: readonly SqlStep[],
): Promise<number[]> {
  const counts = steps.map(() => 0)
  const { inserts, others } = rowsOf(statements, steps)
  others.sort(
    (a, b) => order(table(b.item), table(a.item)) || order(subject(a.item), subject(b.item)),
  )
  await inOneGo([
    ...inserts.map(async (rows) => {
      for (const place of await insertRows(client, rows)) counts[place] = 1
    }),
    ...others.map(async ({ place, item: [sql, ...values] }) => {
      const { rowCount } = await client.query({ ...statements.of(sql), values })
      counts[place] = rowCount ?? 0
    }),
  ])
  return counts
}

/** Answers to what was sent together. When one fails the others are still waited for. */
async function inOneGo<const T extends readonly unknown[]>(sent: T) {
  await Promise.allSettled(sent)
  return Promise.all(sent)
}

/** Users come before their sessions, as in the write that ends all sessions of a user. */
const table = ([sql]: SqlStep): string => /\b(?:UPDATE|INTO|FROM) (\w+)/.exec(sql)?.[1] ?? ''

/** Whose row a step changes: its first parameters, in every statement with more than one. */
const subject = ([, first, second]: SqlStep): string => `${first}\0${second}`

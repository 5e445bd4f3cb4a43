/** Many inserts of one text as one statement, and whether their rows are there. */
import type { ClientBase } from 'pg'
import type { SqlStep, SqlValue } from './driver.ts'
import type { ManyRows, PostgresStatements } from './postgres-statements.ts'

export interface Placed<T> {
  /** In the batch, or among the steps that are sent together. */
  readonly place: number
  readonly item: T
}

/** Rows of one insert, in the order of their keys and each key once: of several the first. */
export interface Rows {
  readonly statement: ManyRows
  readonly rows: readonly Placed<readonly SqlValue[]>[]
}

/** The plain inserts among `steps`. */
export function rowsOf(statements: PostgresStatements, steps: readonly Placed<SqlStep>[]): Rows[] {
  const byText = new Map<ManyRows, Map<string, Placed<readonly SqlValue[]>>>()
  for (const { place, item } of steps) {
    const [sql, ...values] = item
    const statement = statements.manyRows(sql)
    if (statement === undefined) continue
    const rows = byText.get(statement) ?? new Map()
    byText.set(statement, rows)
    const key = keyOf(values, statement)
    if (!rows.has(key)) rows.set(key, { place, item: values })
  }
  return [...byText].map(([statement, rows]) => ({
    statement,
    rows: [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
  }))
}

/** The places of those that were kept; the key of the others is taken. */
export async function insertRows(client: ClientBase, { statement, rows }: Rows): Promise<number[]> {
  const query = { ...statement.insert, values: columnsOf(rows), rowMode: 'array' as const }
  const kept = (await client.query(query)).rows as SqlValue[][]
  if (kept.length === rows.length) return rows.map(({ place }) => place)
  const keys = new Set(kept.map((key) => key.join('\0')))
  return rows.filter(({ item }) => keys.has(keyOf(item, statement))).map(({ place }) => place)
}

/** The places of those whose row is there exactly as it was sent. */
export async function findRows(client: ClientBase, { statement, rows }: Rows): Promise<number[]> {
  const found = await client.query({ ...statement.find, values: columnsOf(rows) })
  return found.rows.map(({ place }) => rows[Number(place) - 1]?.place as number)
}

const keyOf = (values: readonly SqlValue[], { keys }: ManyRows): string =>
  keys.map((key) => values[key]).join('\0')

const columnsOf = (rows: Rows['rows']): SqlValue[][] =>
  (rows[0]?.item ?? []).map((_, column) => rows.map(({ item }) => item[column] as SqlValue))

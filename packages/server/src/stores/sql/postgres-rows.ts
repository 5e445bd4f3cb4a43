/** Many inserts of one text as one statement, and whether their rows are there. */
import type { ClientBase } from 'pg'
import { hasNewKey, type SqlStep, type SqlValue } from './driver.ts'
import { arrayOf } from './postgres-arrays.ts'
import type { ManyRows, PostgresStatements } from './postgres-statements.ts'

export interface Placed<T> {
  /** In the batch, or among the steps that are sent together. */
  readonly place: number
  readonly item: T
}

interface Row extends Placed<readonly SqlValue[]> {
  readonly key: string
  readonly isNew: boolean
}

/** Rows of one insert, in the order of their keys and each key once: of several the first. */
export interface Rows {
  readonly statement: ManyRows
  readonly rows: readonly Row[]
}

/** The plain inserts among `steps`. */
export function rowsOf(statements: PostgresStatements, steps: readonly Placed<SqlStep>[]): Rows[] {
  const byText = new Map<ManyRows, Row[]>()
  for (const { place, item } of steps) {
    const [sql, ...values] = item
    const statement = statements.manyRows(sql)
    if (statement === undefined) continue
    const rows = byText.get(statement) ?? []
    byText.set(statement, rows)
    rows.push({ place, item: values, key: keyOf(values, statement), isNew: hasNewKey(sql) })
  }
  return [...byText].map(([statement, rows]) => ({
    statement,
    // Of one key the order stays.
    rows: rows.sort((a, b) => order(a.key, b.key)).filter(({ key }, i) => key !== rows[i - 1]?.key),
  }))
}

/** The places of those that were kept; the key of the others is taken. */
export async function insertRows(client: ClientBase, sent: Rows): Promise<number[]> {
  const { statement, rows } = sent
  const areNew = rows.every(({ isNew }) => isNew)
  const text = areNew ? statement.insertNew : statement.insert
  const query = { ...text, values: columnsOf(sent), rowMode: 'array' as const }
  const { rows: kept, rowCount } = await client.query<SqlValue[]>(query)
  if (rowCount === rows.length) return rows.map(({ place }) => place)
  const keys = new Set(kept.map((key) => key.join('\0')))
  return rows.filter(({ key }) => keys.has(key)).map(({ place }) => place)
}

/** The places of those whose row is there exactly as it was sent. */
export async function findRows(client: ClientBase, sent: Rows): Promise<number[]> {
  const found = await client.query({ ...sent.statement.find, values: columnsOf(sent) })
  return found.rows.map(({ place }) => sent.rows[Number(place) - 1]?.place as number)
}

/** Compares texts for a sort, by their units. */
export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const keyOf = (values: readonly SqlValue[], { keys }: ManyRows): string =>
  keys.map((key) => values[key]).join('\0')

const columnsOf = ({ statement, rows }: Rows) =>
  statement.types.map((type, column) =>
    arrayOf(
      type,
      rows.map(({ item }) => item[column] as SqlValue),
    ),
  )

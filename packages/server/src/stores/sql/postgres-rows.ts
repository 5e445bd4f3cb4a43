/** Many inserts of one text as one statement, and whether their rows are there. */
import type { ClientBase } from 'pg'
import { hasNewKey, type SqlStep, type SqlValue } from './driver.ts'
import { withArrays } from './postgres-arrays.ts'
import type { ManyRows, PostgresStatements } from './postgres-statements.ts'

/** A step, and its place among those that are sent together. */
interface Row {
  readonly place: number
  readonly item: SqlStep
}

/** Rows of one insert, each key once: of several the first. */
export interface Rows {
  readonly statement: ManyRows
  readonly rows: readonly Row[]
  readonly areNew: boolean
}

/** The plain inserts among `steps`, and the other steps. */
export function rowsOf(statements: PostgresStatements, steps: readonly SqlStep[]) {
  const byText = new Map<ManyRows, Row[]>()
  const others: Row[] = []
  for (const [place, item] of steps.entries()) {
    const statement = statements.manyRows(item[0])
    const rows = statement === undefined ? others : byText.get(statement)
    if (rows !== undefined) rows.push({ place, item })
    else byText.set(statement as ManyRows, [{ place, item }])
  }
  const inserts = [...byText].map(([statement, rows]): Rows => {
    const areNew = rows.every(({ item: [sql] }) => hasNewKey(sql))
    return { statement, rows: areNew ? rows : firstOfEachKey(rows, statement), areNew }
  })
  return { inserts, others }
}

/** In the order of their keys, in which every transaction waits for others. New keys need none: nobody else has them. */
function firstOfEachKey(rows: readonly Row[], statement: ManyRows): Row[] {
  const keyed = rows.map((row) => ({ row, key: keyOf(row, statement) }))
  // Of one key the order stays.
  keyed.sort((a, b) => order(a.key, b.key))
  return keyed.filter(({ key }, i) => key !== keyed[i - 1]?.key).map(({ row }) => row)
}

/** The places of those that were kept; the key of the others is taken. */
export async function insertRows(client: ClientBase, sent: Rows): Promise<number[]> {
  const { statement, rows, areNew } = sent
  const text = areNew ? statement.insertNew : statement.insert
  const { rows: kept, rowCount } = await withColumns(sent, (values) =>
    client.query<SqlValue[]>({ ...text, values, rowMode: 'array' }),
  )
  if (rowCount === rows.length) return rows.map(({ place }) => place)
  const keys = new Set(kept.map((key) => key.join('\0')))
  return rows.filter((row) => keys.has(keyOf(row, statement))).map(({ place }) => place)
}

/** The places of those whose row is there exactly as it was sent. */
export async function findRows(client: ClientBase, sent: Rows): Promise<number[]> {
  const found = await withColumns(sent, (values) =>
    client.query({ ...sent.statement.find, values }),
  )
  return found.rows.map(({ place }) => sent.rows[Number(place) - 1]?.place as number)
}

/** Compares texts for a sort, by their units. */
export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const keyOf = ({ item }: Row, { keys }: ManyRows): string =>
  keys.map((key) => item[key + 1]).join('\0')

function withColumns<T>({ statement, rows }: Rows, send: (values: unknown[]) => Promise<T>) {
  const steps = rows.map(({ item }) => item)
  return withArrays(statement.types, steps, send)
}

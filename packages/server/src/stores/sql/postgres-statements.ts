import { hasNewKey, NEW_KEY, type SqlValue } from './driver.ts'

/** A text as `pg` takes it, prepared once for each connection under its name. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** A plain insert, told for many rows at once: one array for each column. */
export interface ManyRows {
  readonly insert: Statement
  /** The same, where the keys of all rows are new. */
  readonly insertNew: Statement
  /** Which of the rows are there, as they were sent: their places, counted from 1. */
  readonly find: Statement
  /** Of each column. */
  readonly types: readonly (string | undefined)[]
  /** Places of the columns that must be unique. */
  readonly keys: readonly number[]
}

/** The type of each column, by `table.column`. */
export type ColumnTypes = ReadonlyMap<string, string>

const PLAIN_INSERT =
  /^INSERT INTO (\w+) \(([^)]*)\)\s+VALUES \([?\d, ]*\)\s+ON CONFLICT \(([^)]*)\) DO NOTHING$/

const listed = (text: string): string[] => text.split(',').map((item) => item.trim())

/** The SQL texts of the stores as PostgreSQL reads them, each made once. */
export function postgresStatements(types: ColumnTypes) {
  const statements = new Map<string, Statement>()
  const manyRows = new Map<string, ManyRows | undefined>()
  let made = 0

  const named = (text: string): Statement => {
    made += 1
    return { name: `jotter_${made}`, text }
  }

  function toManyRows(sql: string): ManyRows | undefined {
    const [, table = '', columnList = '', keyList = ''] = PLAIN_INSERT.exec(sql) ?? []
    if (table === '') return undefined
    const columns = listed(columnList)
    const keys = listed(keyList)
    const typesOf = columns.map((column) => types.get(`${table}.${column}`))
    const arrays = typesOf.map((type, i) => `$${i + 1}::${type}[]`)
    const same = columns.map((column) => `t.${column} IS NOT DISTINCT FROM sent.${column}`)
    // Side by side: in FROM each array would be copied before the first row is made.
    const insert = `INSERT INTO ${table} (${columns})
      SELECT ${arrays.map((array) => `unnest(${array})`)}`
    return {
      insert: named(`${insert} ON CONFLICT (${keys}) DO NOTHING RETURNING ${keys}`),
      insertNew: named(insert),
      find: named(`SELECT sent.place
        FROM unnest(${arrays}) WITH ORDINALITY AS sent (${columns}, place)
        JOIN ${table} t USING (${keys}) WHERE ${same.join(' AND ')}`),
      types: typesOf,
      keys: keys.map((key) => columns.indexOf(key)),
    }
  }

  return {
    /** `sql` with `$1` for `?1`. */
    of(sql: string): Statement {
      let known = statements.get(sql)
      if (known === undefined) {
        known = named(sql.replaceAll(/\?(\d+)/g, '$$$1'))
        statements.set(sql, known)
      }
      return known
    },

    /** Undefined for what is no plain insert. The same for both kinds of keys. */
    manyRows(sql: string): ManyRows | undefined {
      if (!manyRows.has(sql)) {
        manyRows.set(
          sql,
          hasNewKey(sql) ? this.manyRows(sql.slice(NEW_KEY.length)) : toManyRows(sql),
        )
      }
      return manyRows.get(sql)
    },
  }
}

export type PostgresStatements = ReturnType<typeof postgresStatements>

/** PostgreSQL's text holds no NUL: no row can be found by one, and none can have it. */
export const hasNul = (values: readonly SqlValue[]): boolean =>
  values.some((value) => typeof value === 'string' && value.includes('\0'))

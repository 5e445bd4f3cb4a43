/**
 * How a line of a file tells of a user: as JSON, or as CSV under a header. Whether that user can be
 * taken over is not judged here. No problem quotes the line, which holds a hash.
 */
import { JsonError, parseStrictJson } from '@jotter/token'
import type { ImportRow } from '../users/import-row.ts'
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'

export type ReadRow = (text: string) => { row: ImportRow } | { problem: string }

export const FORMATS = ['jsonl', 'csv'] as const
export type Format = (typeof FORMATS)[number]

const NEEDED = ['username', 'email', 'password_hash'] as const
const COLUMNS = [...NEEDED, 'active', 'created_at'] as const
type Column = (typeof COLUMNS)[number]

const isColumn = (name: string): name is Column => (COLUMNS as readonly string[]).includes(name)
const UNKNOWN = `only ${COLUMNS.join(', ')} are known`

/** One JSON object. `null` stands for what is not given. */
export const readJsonRow: ReadRow = (text) => {
  let value: unknown
  try {
    value = parseStrictJson(text)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return { problem: error.message }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: 'the line is no JSON object' }
  }
  const given = Object.entries(value).filter(([, member]) => member !== null)
  if (!given.every(([name]) => isColumn(name))) return { problem: `a member too many: ${UNKNOWN}` }
  for (const [name, member] of given) {
    const type = name === 'active' ? 'boolean' : 'string'
    if (typeof member !== type) return { problem: `${name} must be a ${type}` }
  }
  const row = Object.fromEntries(given) as Partial<ImportRow>
  return complete(row) ? { row } : { problem: lacking(row) }
}

/**
 * Reads rows that stand under this header (RFC 4180), in any order of columns. An empty field stands
 * for what is not given.
 *
 * @throws {CliError} For a header that lacks a column, or has one that is not known.
 */
export function csvRows(header: string): ReadRow {
  const columns = fieldsOf(header)?.map((name) => name.trim()) ?? []
  const names = columns.filter(isColumn)
  const missing = NEEDED.filter((name) => !names.includes(name))
  if (names.length < columns.length || new Set(names).size < names.length || missing.length > 0) {
    throw new CliError(EXIT.usage, 'the first line is not the header of a list of users', {
      from: missing.length > 0 ? `without ${missing.join(', ')}` : `with others, or one twice`,
      remedy: `begin the file with username,email,password_hash; ${UNKNOWN}`,
    })
  }
  return (text) => {
    const fields = fieldsOf(text)
    if (fields === undefined)
      return { problem: 'a quote stands alone, or is not closed on the line' }
    if (fields.length !== names.length) {
      return { problem: `the line has ${fields.length} fields, the header has ${names.length}` }
    }
    const given = names.map((name, i) => [name, fields[i]]).filter(([, field]) => field !== '')
    const { active: written, ...rest } = Object.fromEntries(given) as Record<Column, string>
    const active = written === undefined ? undefined : ACTIVE[written.toLowerCase()]
    if (written !== undefined && active === undefined) {
      return { problem: `active must be one of ${Object.keys(ACTIVE).join(', ')}` }
    }
    const row: Partial<ImportRow> = { ...rest, active }
    return complete(row) ? { row } : { problem: lacking(row) }
  }
}

/** As databases write it. */
const ACTIVE: Readonly<Record<string, boolean>> = {
  __proto__: null as never,
  true: true,
  false: false,
  t: true,
  f: false,
  1: true,
  0: false,
}

const complete = (row: Partial<ImportRow>): row is ImportRow =>
  NEEDED.every((name) => row[name] !== undefined)

const lacking = (row: Partial<ImportRow>): string =>
  `lacks ${NEEDED.filter((name) => row[name] === undefined).join(', ')}`

const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",]*))(,|$)/y

/**
 * Undefined for what is no line of RFC 4180. A field with a newline in it is two lines here: nothing of
 * a user can hold one, and a quote that is not closed must not swallow those who come after.
 */
function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = []
  for (FIELD.lastIndex = 0; ; ) {
    const [, quoted, bare = '', end] = FIELD.exec(line) ?? []
    if (end === undefined) return undefined
    fields.push(quoted?.replaceAll('""', '"') ?? bare)
    if (end === '') return fields
  }
}

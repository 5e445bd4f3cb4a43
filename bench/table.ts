/**
 * Tables of results: a column is a title and what it says of a row.
 *
 * @module
 */
export type Columns<Row> = readonly (readonly [title: string, cell: (row: Row) => string])[]

const linesOf = <Row>(columns: Columns<Row>, rows: readonly Row[]) => [
  columns.map(([title]) => title),
  ...rows.map((row) => columns.map(([, cell]) => cell(row))),
]

/** For the terminal, right-aligned. */
export function textTable<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const lines = linesOf(columns, rows)
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)))
  return lines.map((cells) => cells.map((c, i) => c.padStart(widths[i] ?? 0)).join('  ')).join('\n')
}

/** For a document. */
export function markdownTable<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const [head = [], ...body] = linesOf(columns, rows)
  const lines = [head, head.map(() => '---'), ...body]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** A figure, or a dash where there is none. */
export const figure = (value: number | undefined, digits = 0): string =>
  value?.toFixed(digits) ?? '-'

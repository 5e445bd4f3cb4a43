import { type Io, painted, printable } from './io.ts'

const GAP = 2
/** A column is never cut below this, whatever the terminal. */
const NARROWEST = 6

/**
 * A table for people on stdout: headers, no borders. On a terminal the widest columns are cut until
 * a line fits; in a pipe nothing is.
 */
export function printTable(
  { out, terminal, color }: Io,
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const cells = rows.map((row) => row.map(printable))
  const widths = headers.map((header, i) =>
    cells.reduce((widest, row) => Math.max(widest, row[i]?.length ?? 0), header.length),
  )
  if (terminal.out) fit(widths, terminal.columns - GAP * (headers.length - 1))

  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cut(cell, widths[i] as number).padEnd((widths[i] as number) + GAP))
      .join('')
      .trimEnd()
  out(`${painted(color.out, 'bold', line(headers))}\n`)
  for (const row of cells) out(`${line(row)}\n`)
}

function fit(widths: number[], room: number): void {
  for (let excess = widths.reduce((a, b) => a + b, 0) - room; excess > 0; excess -= 1) {
    const widest = Math.max(...widths)
    if (widest <= NARROWEST) return
    widths[widths.indexOf(widest)] = widest - 1
  }
}

const cut = (cell: string, width: number): string =>
  cell.length > width ? `${cell.slice(0, width - 1)}…` : cell

/** One thing for people on stdout: a name and a value on each line. */
export function printPairs(
  { out, color }: Io,
  pairs: readonly (readonly [string, string])[],
): void {
  const width = Math.max(...pairs.map(([name]) => name.length)) + GAP
  for (const [name, value] of pairs) {
    out(`${painted(color.out, 'bold', name.padEnd(width))}${printable(value)}\n`)
  }
}

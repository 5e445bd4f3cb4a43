/**
 * The section about signing and checking: a row for each algorithm, a column for each library.
 *
 * @module
 */
import { type Columns, figure, markdownTable } from '../table.ts'
import { OPENSSL_COLUMNS, type TokenRow } from '../tokens/report.ts'
import { barChart } from './chart.ts'
import type { TokensResult } from './results.ts'
import { image, origin, paragraphs, type Section } from './section.ts'

const TITLES = { sign: 'Signing a token', verify: 'Checking a token' } as const
/** What most tokens are signed with: ten groups in one chart would say less. */
const CHARTED = ['HS256', 'RS256', 'ES256', 'EdDSA']

const timeOf = ({ micros, ofRaw }: TokenRow) => `${figure(micros, 1)} (${figure(ofRaw, 2)})`

function chart(rows: readonly TokenRow[], title: string) {
  const groups = [...Map.groupBy(rows, (row) => row.alg)]
    .filter(([alg]) => CHARTED.includes(alg))
    .map(([label, group]) => ({
      label,
      bars: group.map((row) => ({
        label: row.library === 'raw' ? 'node:crypto' : row.library,
        value: row.micros,
        text: timeOf(row),
      })),
    }))
  const axis = 'microseconds of CPU; in brackets as a multiple of node:crypto'
  return barChart({ title, axis, groups, ours: 'jotter' })
}

/** `cell` of each row, by algorithm and library. */
function wideTable(rows: readonly TokenRow[], cell: (row: TokenRow) => string) {
  const groups = [...Map.groupBy(rows, (row) => row.alg).values()]
  // Those of the longest row first, which has them all in order.
  const longestFirst = groups.toSorted((a, b) => b.length - a.length).flat()
  const libraries = [...new Set(longestFirst.map((row) => row.library))]
  const columns: Columns<readonly TokenRow[]> = [
    ['ALG', ([first]) => first?.alg ?? ''],
    ...libraries.map((library) => {
      const cellOf = (group: readonly TokenRow[]) => {
        const row = group.find((one) => one.library === library)
        return row === undefined ? '-' : cell(row)
      }
      return [library, cellOf] as const
    }),
  ]
  return markdownTable(columns, groups)
}

export function tokensSection(result: TokensResult): Section {
  const { rows, openssl } = result
  const signing = rows.filter(({ operation }) => operation === 'sign')
  const checking = rows.filter(({ operation }) => operation === 'verify')
  const inFlight = signing.filter((row) => row.inFlight !== undefined)
  return {
    markdown: paragraphs(
      origin(result),
      image(TITLES.verify, 'verify.svg'),
      `${TITLES.verify}, microseconds of CPU, in brackets as a multiple of \`raw\`:`,
      wideTable(checking, timeOf),
      image(TITLES.sign, 'sign.svg'),
      `${TITLES.sign}, the same:`,
      wideTable(signing, timeOf),
      'Signatures per second with eight in flight:',
      wideTable(inFlight, (row) => figure(row.inFlight)),
      `\`openssl speed\`: ${openssl?.version ?? 'no openssl on this machine'}`,
      markdownTable(OPENSSL_COLUMNS, openssl?.rows ?? []),
    ),
    charts: {
      'verify.svg': chart(checking, TITLES.verify),
      'sign.svg': chart(signing, TITLES.sign),
    },
  }
}

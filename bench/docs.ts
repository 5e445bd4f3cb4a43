/**
 * Puts the figures of benchmarks into `docs/performance.md`, each between its own two markers, and
 * their charts beside it.
 *
 *     npm run -s bench:tokens -- --json > tokens.json
 *     npm run bench:docs -- tokens.json
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loginsSection, loginTimingSection } from './docs/logins.ts'
import { machinesSection } from './docs/machines.ts'
import { longSection, serviceSection } from './docs/rates.ts'
import type {
  LoginsResult,
  LoginTimingResult,
  LongResult,
  MachinesResult,
  ServiceResult,
  StartResult,
  TokensResult,
} from './docs/results.ts'
import type { Section } from './docs/section.ts'
import { startSection } from './docs/start.ts'
import { tokensSection } from './docs/tokens.ts'

const DOCS = join(import.meta.dirname, '../docs')
const PAGE = join(DOCS, 'performance.md')
const CHARTS = join(DOCS, 'performance')

type Result =
  | ServiceResult
  | TokensResult
  | LongResult
  | StartResult
  | LoginsResult
  | MachinesResult
  | LoginTimingResult

const SECTIONS = {
  service: serviceSection,
  tokens: tokensSection,
  long: longSection,
  start: startSection,
  logins: loginsSection,
  machines: machinesSection,
  'login-timing': loginTimingSection,
}

/** @throws {Error} When `file` is not what a benchmark wrote. */
function sectionOf(file: string): Section & { name: string } {
  const result: Result = JSON.parse(readFileSync(file, 'utf8'))
  const section = SECTIONS[result.bench] as ((result: Result) => Section) | undefined
  if (section === undefined) throw new Error(`${file} is no output of a benchmark`)
  return { name: result.bench, ...section(result) }
}

/** @throws {Error} When the page has no such markers. */
function replaced(page: string, name: string, content: string) {
  const [begin, end] = [`<!-- figures: ${name} -->\n`, `<!-- end: ${name} -->\n`]
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`${PAGE} has no markers for ${name}`)
  return `${before}${begin}\n${content}\n\n${end}${after}`
}

const { positionals } = parseArgs({ allowPositionals: true })
if (positionals.length === 0) throw new Error('name files that a benchmark wrote with --json')
let page = readFileSync(PAGE, 'utf8')
mkdirSync(CHARTS, { recursive: true })
for (const file of positionals) {
  const { name, markdown, charts } = sectionOf(file)
  page = replaced(page, name, markdown)
  for (const [chart, svg] of Object.entries(charts)) writeFileSync(join(CHARTS, chart), svg)
}
writeFileSync(PAGE, page)

import { createReadStream, fstatSync, openSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import type { ImportOutcome } from '../users/service.ts'
import { type Admin, addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { csvRows, FORMATS, type Format, type ReadRow, readJsonRow } from './import-formats.ts'
import { linesOf } from './import-lines.ts'
import { type ImportReport, importReport } from './import-report.ts'
import { EXIT, jsonText, suggest } from './io.ts'
import { addJson, readChoice } from './options.ts'

/** Rows that are written together, into one commit. */
const BATCH = 500

const ON_CONFLICT = ['skip', 'fail'] as const

interface Options {
  format?: string
  onConflict: string
  dryRun?: true
  rejects?: string
  json?: true
}

export const usersImport: CliCommand = {
  examples: [
    'jotter users import users.csv --dry-run',
    'jotter users import users.jsonl --rejects refused.jsonl',
  ],

  shape(command) {
    command
      .argument('<file>', 'JSON lines or CSV; - is standard input')
      .option('--format <format>', `${FORMATS.join(' or ')} (default: by the extension)`)
      .option(
        '--on-conflict <what>',
        'where a name belongs to another: skip the line, or fail',
        'skip',
      )
      .option('--dry-run', 'look at every line, keep nothing')
      .option('--rejects <file>', 'write the refused lines there, by number and reason')
    addJson(command)
    addTargetOptions(command)
    command.addHelpText(
      'after',
      `
Each line has username, email, password_hash, and may have active and created_at.
Exit code 0: every user is there. 3: lines were refused. 5: --on-conflict fail.
Run it again after it was stopped: who is there already is left alone and counted.`,
    )
  },

  async run(context, command) {
    const path = command.args[0] as string
    const { onConflict, dryRun = false, rejects, json, ...options } = command.opts<Options>()
    const stops = readChoice('--on-conflict', onConflict, ON_CONFLICT) === 'fail'
    const format = formatOf(path, options.format)
    const source = openSource(context, path, rejects)
    await using admin = await openAdmin(context, command)
    const report = openReport(context, { dryRun, rejects, share: source.share })
    const work = { admin, dryRun, stops, path }
    let complete = false
    try {
      await importLines(work, rowsOf(source.chunks, format), report)
      complete = true
    } finally {
      const summary = report.close()
      if (json) context.io.out(jsonText({ ...report.counts, dry_run: dryRun, complete }))
      else context.io.out(`${complete ? '' : 'stopped: '}${summary}\n`)
    }
    const { conflicts, invalid } = report.counts
    suggest(context.io, dryRun ? `jotter users import ${path}` : 'jotter users list')
    return conflicts + invalid === 0 ? EXIT.done : EXIT.negative
  },
}

interface Work {
  admin: Admin
  dryRun: boolean
  /** At the first name that belongs to another. */
  stops: boolean
  path: string
}

type ReadLine = { readonly number: number } & ReturnType<ReadRow>

/** One batch is written, then the next is read: what is in memory does not grow with the file. */
async function importLines(
  work: Work,
  lines: AsyncIterable<ReadLine>,
  report: ImportReport,
): Promise<void> {
  let batch: ReadLine[] = []
  for await (const line of lines) {
    batch.push(line)
    if (batch.length === BATCH) {
      await importBatch(work, batch, report)
      batch = []
      report.progress()
    }
  }
  if (batch.length > 0) await importBatch(work, batch, report)
}

async function importBatch(
  { admin, dryRun, stops, path }: Work,
  batch: readonly ReadLine[],
  report: ImportReport,
): Promise<void> {
  const rows = batch.flatMap((line) => ('row' in line ? [line.row] : []))
  const { items } = rows.length > 0 ? await admin.importUsers(rows, dryRun) : { items: [] }
  const answers = items.values()
  let first: number | undefined
  for (const line of batch) {
    const item =
      'problem' in line
        ? ({ outcome: 'invalid', reason: line.problem } as const)
        : (answers.next().value as ImportOutcome)
    report.counts.lines += 1
    if ('reason' in item) report.refuse(line.number, item.outcome, item.reason)
    else report.counts[item.outcome] += 1
    if (item.outcome === 'conflict') first ??= line.number
  }
  if (first === undefined || !stops) return
  throw new CliError(EXIT.conflict, `line ${first} has a name of another user`, {
    from: [path, '--on-conflict fail'],
    remedy: `correct the line and run it again; up to ${BATCH} lines after it may be there already`,
  })
}

async function* rowsOf(
  source: AsyncIterable<Uint8Array>,
  format: Format,
): AsyncGenerator<ReadLine> {
  let read: ReadRow | undefined = format === 'jsonl' ? readJsonRow : undefined
  for await (const line of linesOf(source)) {
    if (read !== undefined) {
      const { number } = line
      yield 'problem' in line ? line : { number, ...read(line.text) }
    } else if ('problem' in line) {
      throw new CliError(EXIT.usage, `the header of the file cannot be read: ${line.problem}`)
    } else read = csvRows(line.text)
  }
  if (read === undefined) throw new CliError(EXIT.usage, 'the file is empty: it has no header')
}

const EXTENSIONS: Readonly<Partial<Record<string, Format>>> = {
  '.csv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
}

function formatOf(path: string, given: string | undefined): Format {
  const format =
    given === undefined
      ? EXTENSIONS[extname(path).toLowerCase()]
      : readChoice('--format', given, FORMATS)
  if (format !== undefined) return format
  throw new CliError(EXIT.usage, 'it is not known how to read the file', {
    from: path === '-' ? 'standard input' : path,
    remedy: `give --format ${FORMATS.join(' or --format ')}`,
  })
}

/** @throws {CliError} When the file cannot be read, or what is refused would be written into it. */
function openSource(context: Context, path: string, rejects: string | undefined) {
  if (path === '-') return { chunks: context.input(), share: () => undefined }
  try {
    const fd = openSync(path, 'r')
    const { size, ino, dev } = fstatSync(fd)
    const other = rejects === undefined ? undefined : statSync(rejects, { throwIfNoEntry: false })
    if (other?.ino === ino && other.dev === dev) throw new Error('--rejects is the same file')
    const chunks = createReadStream(path, { fd })
    return { chunks, share: () => (size > 0 ? chunks.bytesRead / size : undefined) }
  } catch (error) {
    throw new CliError(EXIT.usage, `cannot read ${path}: ${(error as Error).message}`, {
      from: path,
    })
  }
}

/** @throws {CliError} When the file of `--rejects` cannot be written. */
function openReport(context: Context, options: Parameters<typeof importReport>[1]): ImportReport {
  try {
    return importReport(context, options)
  } catch (error) {
    throw new CliError(EXIT.usage, `cannot write there: ${(error as Error).message}`, {
      from: `--rejects ${options.rejects}`,
    })
  }
}

/**
 * How a command fails: what happened, which input, what to do, and the exit code that says so to a
 * script. The one place where an error becomes text on stderr.
 */
import { ERRORS, type ErrorCode, ServiceError, StoreUnavailable } from '../errors.ts'
import { SettingsError } from '../settings-sources.ts'
import { EXIT, type ExitCode, type Io, painted, printable } from './io.ts'

/** A failure the operator can act on. No token, secret or key goes into any of its texts. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exit: ExitCode
  /** The inputs it came from, one line each. */
  readonly from: readonly string[]
  readonly remedy: string | undefined

  constructor(
    exit: ExitCode,
    message: string,
    {
      from = [],
      remedy,
      ...options
    }: ErrorOptions & { from?: string | readonly string[]; remedy?: string } = {},
  ) {
    super(message, options)
    this.exit = exit
    this.from = typeof from === 'string' ? [from] : from
    this.remedy = remedy
  }
}

/** Errors of the service whose exit code is not that of their HTTP status. */
const EXIT_BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  flow_not_configured: EXIT.usage,
}

const EXIT_BY_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.notPermitted,
  403: EXIT.notPermitted,
  404: EXIT.notFound,
  409: EXIT.conflict,
  413: EXIT.usage,
  422: EXIT.conflict,
  429: EXIT.unreachable,
  503: EXIT.unreachable,
}

/** What says enough by itself. By name, so that no command loads the modules of the others. */
const EXIT_BY_NAME: Readonly<Record<string, ExitCode>> = {
  MigrationError: EXIT.conflict,
  CertificateError: EXIT.usage,
  GateLinesError: EXIT.usage,
  CustomerFileError: EXIT.unreachable,
  SealError: EXIT.conflict,
}

/** An error of the table that the service answers with, met here or read from an answer. */
export function serviceFailure(
  code: ErrorCode,
  { detail, from }: { detail?: string | undefined; from?: string | readonly string[] } = {},
): CliError {
  const { status, title, help } = ERRORS[code]
  return new CliError(
    EXIT_BY_CODE[code] ?? EXIT_BY_STATUS[status] ?? EXIT.failed,
    detail === undefined || detail === title ? title : `${title}: ${detail}`,
    { ...(from !== undefined && { from }), remedy: `${help}    docs: /docs/errors#${code}` },
  )
}

/** `work`, whose failure names this input of the line as well. */
export async function naming<T>(input: string | undefined, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    const failure = toCliError(error)
    if (failure === undefined || input === undefined) throw error
    const { exit, message, from, remedy } = failure
    throw new CliError(exit, message, {
      from: [input, ...from],
      ...(remedy !== undefined && { remedy }),
      cause: error,
    })
  })
}

/** Says on stderr why a command failed, and returns its exit code. */
export function reportFailure(error: unknown, io: Io): ExitCode {
  const failure = toCliError(error)
  if (failure === undefined) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    printFailure(io, {
      message: `unexpected failure: ${message}`,
      from: [],
      remedy: 'this is a defect: report it with the lines below',
    })
    io.err(`${stack}\n`)
    return EXIT.failed
  }
  printFailure(io, failure)
  return failure.exit
}

function printFailure(
  io: Io,
  { message, from, remedy }: Pick<CliError, 'message' | 'from' | 'remedy'>,
): void {
  io.err(`${painted(io.color.err, ['bold', 'red'], 'error:')} ${printable(message)}\n`)
  for (const line of from) io.err(`  from   ${printable(line)}\n`)
  if (remedy !== undefined) io.err(`  try    ${printable(remedy)}\n`)
}

function toCliError(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error
  if (error instanceof SettingsError) return settingsFailure(error)
  if (error instanceof ServiceError) {
    const fields = error.fields?.map(({ pointer, detail }) => `${pointer} ${detail}`)
    return serviceFailure(error.code, { detail: error.detail, ...(fields && { from: fields }) })
  }
  if (error instanceof StoreUnavailable || isOfSqlite(error)) {
    return new CliError(EXIT.unreachable, `the database cannot answer: ${error.message}`, {
      remedy: `${ERRORS.store_unavailable.help}    docs: /docs/errors#store_unavailable`,
    })
  }
  if (!(error instanceof Error)) return undefined
  const exit = EXIT_BY_NAME[error.name]
  return exit === undefined ? undefined : new CliError(exit, error.message)
}

/** Every problem at once: one line each, with the setting and where its value came from. */
function settingsFailure({ problems }: SettingsError): CliError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return new CliError(EXIT.usage, `the settings cannot be used: ${count}`, {
    from: problems.map(({ setting, source, message }) => `${setting} (${source}): ${message}`),
    remedy: 'jotter config docs    lists every setting, what it takes and where it is read from',
  })
}

/** `node:sqlite` throws these itself where a database is opened. */
export function isOfSqlite(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR'
}

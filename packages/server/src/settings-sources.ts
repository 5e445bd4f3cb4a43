import { parseEnv } from 'node:util'
import {
  type Environment,
  SETTINGS,
  type Setting,
  type SettingName,
  type Settings,
} from './settings.ts'
import { checkSettings, type Rule } from './settings-rules.ts'

/** Where texts of settings come from. Passed in: only the command line knows a process. */
export interface SettingSources {
  /** `--name value`, by flag name: `rate-limit`. */
  flags: Readonly<Record<string, string | undefined>>
  environment: Readonly<Record<string, string | undefined>>
  /** The text of a file. @throws When it cannot be read. */
  readFile(path: string): string
  /** The text of `.env` in the working directory, or undefined. Read in development only. */
  dotEnv(): string | undefined
  /** Of a command that runs the service: rules that look into the files that settings name. */
  rules?: readonly Rule[]
}

export interface ReadSettings {
  settings: Settings
  /** Where each value came from: `--port`, `JOTTER_PORT`, `PORT`, `.env`, `default`, `unset`. */
  origins: Readonly<Record<SettingName, string>>
  warnings: readonly string[]
}

export interface SettingProblem {
  setting: SettingName
  source: string
  message: string
}

/** The settings cannot be used: every problem at once. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: readonly SettingProblem[]

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map((p) => `${p.setting} (from ${p.source}): ${p.message}`)
    super(`the settings cannot be used:\n  ${lines.join('\n  ')}`)
    this.problems = problems
  }
}

const NAMES = Object.keys(SETTINGS) as SettingName[]
const row = (name: SettingName): Setting => SETTINGS[name]

export const flagOf = (name: SettingName): string => name.toLowerCase().replaceAll('_', '-')
const fileOf = (name: SettingName): string => `JOTTER_${name}_FILE`

/**
 * Reads every setting: flag, then JOTTER_NAME, JOTTER_NAME_FILE, the bare NAME where there is one,
 * `.env` (development only), the default.
 *
 * @throws {SettingsError} Naming every problem with its setting and source.
 */
export function readSettings(sources: SettingSources): ReadSettings {
  const problems: SettingProblem[] = []
  const warnings: string[] = []
  const values: Partial<Record<SettingName, unknown>> = {}
  const origins: Partial<Record<SettingName, string>> = {}

  function take(name: SettingName, environment: Environment, dotEnv: Record<string, string>): void {
    const { kind, default: fallback } = row(name)
    const standing = typeof fallback === 'object' ? fallback[environment] : fallback
    let source = 'default'
    try {
      const given = textOf(name, sources, dotEnv) ?? impliedText(name, sources, dotEnv)
      source = given?.source ?? (standing === undefined ? 'unset' : 'default')
      const text = given?.text ?? standing
      values[name] = text === undefined ? undefined : kind.parse(text)
      origins[name] = source
    } catch (error) {
      const { message } = error as Error
      problems.push({ setting: name, source: sourceOf(name, sources, dotEnv) ?? source, message })
    }
  }

  function readDotEnv(): Record<string, string> {
    try {
      return parseEnv(sources.dotEnv() ?? '') as Record<string, string>
    } catch (error) {
      // Where Python is at home too, `.env` is often a folder.
      warnings.push(`.env is not read: ${(error as Error).message}`)
      return {}
    }
  }

  take('ENV', 'development', {})
  const environment = (values.ENV ?? 'development') as Environment
  const dotEnv = environment === 'development' ? readDotEnv() : {}
  for (const name of ['JOTTER_ENV', ...NAMES.map(fileOf)]) {
    if (name in dotEnv) warnings.push(`${name} in .env is not read: set it outside`)
  }
  for (const name of NAMES) if (name !== 'ENV') take(name, environment, dotEnv)
  warnings.push(...unknownNames({ ...dotEnv, ...sources.environment }))

  // Rules over several settings speak only of settings that could be read.
  const found = checkSettings(
    values as Settings,
    (name) => !problems.some((p) => p.setting === name),
    sources.rules,
  )
  for (const { setting, message, fatal } of found) {
    const source = origins[setting] ?? 'unset'
    if (fatal) problems.push({ setting, source, message })
    else warnings.push(`${setting} (from ${source}): ${message}`)
  }
  if (problems.length > 0) throw new SettingsError(problems)
  return { settings: values as Settings, origins: origins as Record<SettingName, string>, warnings }
}

/** The places a setting may be read from, the first that has one wins. */
function places(
  name: SettingName,
  { flags, environment, readFile }: SettingSources,
  dotEnv: Record<string, string>,
) {
  const prefixed = `JOTTER_${name}`
  const names = row(name).bare ? [prefixed, name] : [prefixed]
  const file = fileOf(name)
  const path = environment[file]
  return [
    { source: `--${flagOf(name)}`, text: () => flags[flagOf(name)] },
    { source: prefixed, text: () => environment[prefixed] },
    // A file usually ends with a newline that is not part of the value.
    {
      source: file,
      text: () => (path === undefined ? undefined : readFile(path).replace(/\r?\n$/, '')),
    },
    ...names.slice(1).map((bare) => ({ source: bare, text: () => environment[bare] })),
    ...names.map((known) => ({ source: '.env', text: () => dotEnv[known] })),
  ]
}

function textOf(name: SettingName, sources: SettingSources, dotEnv: Record<string, string>) {
  for (const { source, text } of places(name, sources, dotEnv)) {
    const found = text()
    if (found !== undefined) return { source, text: found }
  }
  return undefined
}

/** What another setting implies for `name`, where that one is given. */
function impliedText(name: SettingName, sources: SettingSources, dotEnv: Record<string, string>) {
  const { implied } = row(name)
  const source = implied && sourceOf(implied.by as SettingName, sources, dotEnv)
  return source === undefined ? undefined : { source, text: implied?.text }
}

/** As `textOf`, for a message about a value that could not be read. */
function sourceOf(name: SettingName, sources: SettingSources, dotEnv: Record<string, string>) {
  return places(name, sources, dotEnv).find(({ text }) => {
    try {
      return text() !== undefined
    } catch {
      return true
    }
  })?.source
}

/** JOTTER_ names that mean nothing here, each with the nearest one that does. */
function unknownNames(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = NAMES.flatMap((name) => [`JOTTER_${name}`, fileOf(name)]).concat(OF_THE_CLIENT)
  return Object.keys(environment)
    .filter((name) => name.startsWith('JOTTER_') && !known.includes(name))
    .map((name) => {
      const letters = name.toUpperCase()
      const [nearest] = known.toSorted((a, b) => distance(letters, a) - distance(letters, b))
      return `${name} is no setting of jotter: did you mean ${nearest}?`
    })
}

/** Read by the command line when it talks to a server elsewhere. */
const OF_THE_CLIENT = ['JOTTER_URL', 'JOTTER_API_KEY']

/** How many letters must be changed, added or dropped to get from one to the other. */
export function distance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const swap = (previous[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1)
      current.push(Math.min(swap, (previous[j] as number) + 1, (current[j - 1] as number) + 1))
    }
    previous = current
  }
  return previous[to.length] as number
}

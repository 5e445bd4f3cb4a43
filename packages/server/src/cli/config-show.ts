import { ownDatabase, shownUrl } from '../database.ts'
import { SETTINGS, type Setting, type SettingName } from '../settings.ts'
import type { Rate } from '../settings-kinds.ts'
import type { ReadSettings } from '../settings-sources.ts'
import type { CliCommand } from './command.ts'
import { EXIT, jsonText, warn } from './io.ts'
import { addJson } from './options.ts'
import { addSettingFlags, settingFlags } from './setting-flags.ts'
import { printTable } from './table.ts'

const MASK = '********'
const UNITS: Readonly<Record<number, string>> = { 1: 'second', 60: 'minute', 3600: 'hour' }

/** The values that `serve` would run with, and where each comes from. No secret is shown. */
export const configShow: CliCommand = {
  examples: ['jotter config show', 'jotter config show --env production --json'],

  shape(command) {
    addJson(command)
    addSettingFlags(command)
  },

  async run({ io, settings }, command) {
    const { json } = command.opts<{ json?: true }>()
    const read = settings(settingFlags(command))
    for (const warning of read.warnings) warn(io, warning)
    const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => rowOf(name, read))
    if (json) {
      const members = rows.map(({ name, value, origin }) => [name, { value, origin }])
      io.out(jsonText(Object.fromEntries(members)))
    } else {
      const cells = rows.map(({ name, value, origin }) => [name, value ?? '-', origin])
      printTable(io, ['SETTING', 'VALUE', 'FROM'], cells)
    }
    return EXIT.done
  },
}

function rowOf(name: SettingName, { settings, origins }: ReadSettings) {
  if (name === 'DATABASE_URL' && settings[name] === undefined) {
    return { name, value: ownDatabase(settings.DATA), origin: origins.DATA }
  }
  return { name, value: shown(name, settings[name], origins[name]), origin: origins[name] }
}

/** As it would be written; null where there is none. */
function shown(name: SettingName, value: unknown, origin: string): string | null {
  const { secret }: Setting = SETTINGS[name]
  if (secret) return value === undefined ? null : MASK
  // `off` is read as no rate at all.
  if (value === undefined) return origin === 'unset' ? null : 'off'
  if (Array.isArray(value)) return value.join(',')
  if (typeof value === 'object') return rateText(value as Rate)
  return name.startsWith('DATABASE_') ? shownUrl(String(value)) : String(value)
}

const rateText = ({ limit, windowSeconds }: Rate): string =>
  `${limit}/${UNITS[windowSeconds] ?? 'day'}`

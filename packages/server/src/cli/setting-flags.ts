/** The settings as flags: `--rate-limit` for RATE_LIMIT. Help and names come from the table. */
import { type Command, Option } from 'commander'
import { SETTINGS, type Setting, type SettingName } from '../settings.ts'
import { boolean } from '../settings-kinds.ts'
import { flagOf } from '../settings-sources.ts'

const ALL = Object.keys(SETTINGS) as SettingName[]

export function addSettingFlags(command: Command, names: readonly SettingName[] = ALL): Command {
  for (const name of names) command.addOption(optionOf(name))
  return command
}

/** What was given of them, by flag name. */
export function settingFlags(command: Command): Record<string, string | undefined> {
  return Object.fromEntries(
    ALL.map((name) => {
      const value: unknown = command.getOptionValue(optionOf(name).attributeName())
      // A boolean that was given bare.
      return [flagOf(name), value === true ? 'true' : (value as string | undefined)]
    }),
  )
}

function optionOf(name: SettingName): Option {
  const { kind, about, bare, default: standing }: Setting = SETTINGS[name]
  const shape = kind.shape === 'text' ? '' : ` (${kind.shape})`
  const env = bare ? `JOTTER_${name} or ${name}` : `JOTTER_${name}`
  const text = `${about.replace(/\.$/, '')}${shape}`.replaceAll('`', '')
  const flag = `--${flagOf(name)}`
  return new Option(
    kind === boolean ? `${flag} [value]` : `${flag} <value>`,
    `${text} [env: ${env}]${defaultNote(standing)}`,
  )
}

function defaultNote(standing: Setting['default']): string {
  if (standing === undefined || standing === '') return ''
  if (typeof standing === 'string') return ` [default: ${standing}]`
  const { development, production } = standing
  return ` [default: ${development}, in production ${production}]`
}

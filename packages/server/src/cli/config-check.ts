import { gateLinesRule } from '../gate-lines.ts'
import { SettingsError } from '../settings-sources.ts'
import { certificateRule } from '../tls/certificate.ts'
import type { CliCommand } from './command.ts'
import { EXIT, jsonText, warn } from './io.ts'
import { addJson } from './options.ts'
import { addSettingFlags, settingFlags } from './setting-flags.ts'

/** Reads the settings as `serve` would and says what stands against them. */
export const configCheck: CliCommand = {
  examples: ['jotter config check', 'JOTTER_ENV=production jotter config check --json'],

  shape(command) {
    addJson(command)
    addSettingFlags(command)
  },

  async run({ io, settings, now }, command) {
    const { json } = command.opts<{ json?: true }>()
    try {
      const { warnings } = settings(settingFlags(command), [certificateRule(now()), gateLinesRule])
      for (const warning of warnings) warn(io, warning)
      if (json) io.out(jsonText({ ok: true, problems: [], warnings }))
      else io.err('the settings can be used\n')
      return EXIT.done
    } catch (error) {
      if (json && error instanceof SettingsError) {
        io.out(jsonText({ ok: false, problems: error.problems, warnings: [] }))
      }
      throw error
    }
  },
}

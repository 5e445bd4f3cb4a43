import type { CliCommand } from './command.ts'
import { EXIT, jsonText } from './io.ts'
import { addJson } from './options.ts'

export const version: CliCommand = {
  examples: ['jotter version', 'jotter version --json'],

  shape(command) {
    addJson(command)
  },

  async run({ io, version, node }, command) {
    const { json } = command.opts<{ json?: true }>()
    io.out(json ? jsonText({ name: 'jotter', version, node }) : `jotter ${version}\n`)
    return EXIT.done
  },
}

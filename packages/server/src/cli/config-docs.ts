import { configurationMarkdown } from '../docs.ts'
import type { CliCommand } from './command.ts'
import { EXIT } from './io.ts'

export const configDocs: CliCommand = {
  examples: ['jotter config docs', 'jotter config docs > docs/configuration.md'],

  shape() {},

  async run({ io }) {
    io.out(configurationMarkdown())
    return EXIT.done
  },
}

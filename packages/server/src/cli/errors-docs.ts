import { errorsMarkdown } from '../docs.ts'
import type { CliCommand } from './command.ts'
import { EXIT } from './io.ts'

export const errorsDocs: CliCommand = {
  examples: ['jotter errors docs', 'jotter errors docs > docs/errors.md'],

  shape() {},

  async run({ io }) {
    io.out(errorsMarkdown())
    return EXIT.done
  },
}

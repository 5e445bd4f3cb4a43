import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'

/**
 * Asks one question after the other on the terminal, and shows nothing of what is typed there.
 *
 * @throws {CliError} `interrupted` for Ctrl-C, `usage` for Ctrl-D.
 */
export async function askHidden(
  input: NodeJS.ReadStream,
  tell: (text: string) => void,
  prompts: readonly string[],
): Promise<string[]> {
  // What would show what is typed writes to nobody. All answers come from one interface: between
  // two, the terminal would show it itself.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output, terminal: true, historySize: 0 })
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  lines.on('SIGINT', () => reject(new CliError(EXIT.interrupted, 'interrupted')))
  lines.on('close', () => reject(new CliError(EXIT.usage, 'nothing was typed')))
  try {
    const answers: string[] = []
    for (const prompt of prompts) {
      tell(prompt)
      const typed = new Promise<string>((resolve) => lines.question('', resolve))
      answers.push(await Promise.race([typed, stopped]).finally(() => tell('\n')))
    }
    return answers
  } finally {
    stopped.catch(() => {})
    lines.close()
  }
}

/** What all commands share: help, refusals of a mistyped line, exit codes. */
import { Command, CommanderError } from 'commander'
import { COMMANDS, isGroup, type Row } from './commands.ts'
import type { Context } from './context.ts'
import { CliError, reportFailure } from './failure.ts'
import { EXIT, type ExitCode } from './io.ts'

const EXAMPLES: readonly [string, string] = [
  'jotter serve',
  'curl http://127.0.0.1:7519/v1/token/15555551212',
]

/** Runs what `argv` says and returns the exit code. Never throws. */
export async function run(argv: readonly string[], context: Context): Promise<ExitCode> {
  const { io } = context
  const rows = new Map<Command, Row>()
  let chosen: readonly string[] = []
  let exit: ExitCode = EXIT.done

  const program = new Command('jotter')
    .description('A JWT service that writes down what it issues.')
    .version(`jotter ${context.version}`)
    .option('--no-color', 'never colour the output [env: NO_COLOR]')
    .helpCommand('help [command...]', 'tell more about a command')
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHelpWidth: () => io.terminal.columns,
      getErrHelpWidth: () => io.terminal.columns,
      // Refusals are told by reportFailure, in the form that all failures have.
      outputError: () => {},
    })
  showExamples(program, EXAMPLES)

  for (const [noun, entry] of Object.entries(COMMANDS)) {
    const command = program.command(noun).description(entry.about)
    if (!isGroup(entry)) {
      rows.set(command, entry)
      continue
    }
    showExamples(command, entry.examples)
    command.helpCommand(false).hook('preSubcommand', prepare)
    for (const [verb, row] of Object.entries(entry.verbs)) {
      rows.set(command.command(verb).description(row.about), row)
    }
  }
  program.hook('preSubcommand', prepare)

  async function prepare(_parent: Command, command: Command): Promise<void> {
    chosen = [...chosen, command.name()]
    const row = rows.get(command)
    if (row === undefined) return
    const { shape, examples, run } = await row.load()
    showExamples(command, examples)
    shape(command)
    command.action(async () => {
      exit = await run(context, command)
    })
  }

  try {
    await program.parseAsync(lineOf(argv), { from: 'user' })
    return exit
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, io)
    if (error.exitCode === 0) return EXIT.done
    // A noun without its verb: its help has been printed instead.
    if (error.code === 'commander.help') return EXIT.usage
    return reportFailure(usageFailure(error, chosen), io)
  }
}

function showExamples(command: Command, examples: readonly string[]): void {
  command.addHelpText('before', `${examples.map((line) => `  ${line}`).join('\n')}\n`)
}

/** A thumbprint (RFC 7638); no flag is as long. */
const DASHED_KID = /^-[\w-]{42}$/

/** The line as it is parsed. */
function lineOf(argv: readonly string[]): string[] {
  const [first, ...rest] = argv
  if (first === undefined) return ['--help']
  // A command tells of its options only when it is loaded, which naming it does.
  if (first === 'help') return [...rest, '--help']
  // One kid in 64 begins with a dash: it is no flag.
  const kids = first === 'keys' ? rest.filter((word) => DASHED_KID.test(word)) : []
  if (kids.length > 0) return [first, ...rest.filter((word) => !kids.includes(word)), '--', ...kids]
  // Taken apart, so that the refusal of a mistyped flag does not repeat its value.
  return argv.flatMap((word) => {
    const [, flag, value] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? []
    return flag === undefined ? [word] : [flag, value as string]
  })
}

function usageFailure({ code, message }: CommanderError, chosen: readonly string[]): CliError {
  const [, text = message, meant] =
    /^error: (.*?)(?:\n\(Did you mean (.*)\?\))?$/s.exec(message) ?? []
  const help = `${['jotter', ...chosen].join(' ')} --help`
  return new CliError(EXIT.usage, withoutValues(code, text), {
    remedy: meant === undefined ? help : `did you mean ${meant}?    ${help}`,
  })
}

/** Words that stand in a wrong place may be secrets: only what looks like a typo is repeated. */
function withoutValues(code: string, text: string): string {
  const isTypo = /^unknown (command '[a-z-]{1,20}|option '(--[a-z-]{1,30}|-[a-z]))'$/i.test(text)
  if (code === 'commander.unknownCommand' && !isTypo) return 'unknown command'
  if (code === 'commander.unknownOption' && !isTypo) return 'unknown option'
  return code === 'commander.excessArguments' ? text.replace(/: .*$/s, '') : text
}

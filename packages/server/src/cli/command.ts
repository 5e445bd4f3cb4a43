import type { Command } from 'commander'
import type { Context } from './context.ts'
import type { ExitCode } from './io.ts'

/** One command: how its line looks, and what it does. Loaded when it is named, not before. */
export interface CliCommand {
  /** Lines to paste; its help begins with them. */
  readonly examples: readonly [string, string]
  /** Adds its arguments and options. */
  shape(command: Command): void
  /** @throws {CliError} For what the operator can do something about. */
  run(context: Context, command: Command): Promise<ExitCode>
}

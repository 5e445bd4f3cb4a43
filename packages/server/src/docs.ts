/** The pages of `docs/` that are printed from tables in the code. */
import { documentedMessage, ERRORS, type ErrorCode } from './errors.ts'
import { SETTINGS, type Setting } from './settings.ts'

/** `docs/configuration.md`. */
export function configurationMarkdown(): string {
  const rows = Object.entries<Setting>(SETTINGS).map(([name, { kind, about, bare, ...setting }]) =>
    row([
      `\`${name}\``,
      kind.shape,
      defaultText(setting),
      bare ? `${about} Also read as \`${name}\`.` : about,
    ]),
  )
  return `# Configuration

Every setting of \`jotter serve\`. This page is printed from the table in the code by
\`jotter config docs\`.

A setting \`NAME\` is read from the first of these that has it:

1. the flag \`--name\`, in lower case with dashes: \`--rate-limit\` for \`RATE_LIMIT\`;
2. the environment variable \`JOTTER_NAME\`;
3. the file whose path is in \`JOTTER_NAME_FILE\`, without its last newline;
4. the environment variable \`NAME\`, for the settings that say so below;
5. \`.env\` in the working directory, in the development profile only (so \`ENV\` is not read from it);
6. the default.

A setting that cannot be used stops the start: every problem is named at once, with exit code 2.
\`jotter config check\` looks without starting, \`jotter config show\` tells where each value comes from.

${row(['Setting', 'Value', 'Default', 'What it does'])}
${row(['---', '---', '---', '---'])}
${rows.join('\n')}
`
}

/** `docs/errors.md`. */
export function errorsMarkdown(): string {
  const sections = Object.entries(ERRORS).map(([code, { status, title, help }]) => {
    const message = documentedMessage(code as ErrorCode)
    const said = message === undefined ? '' : ` Users are told: \`${message}\``
    return `## ${code}\n\n${status}. ${title}. ${help}${said}\n`
  })
  return `# Errors

Every refusal has one of these in \`code\`. It is \`application/problem+json\` (RFC 9457), but for the routes of
users, whose errors look as [their page](flows/session.md#errors) says, and for \`GET /v1/token/...\`, which answers
500 or 503 with an empty text when the service itself fails. This page is printed from the table in the code by
\`jotter errors docs\`.

${sections.join('\n')}`
}

function defaultText({ default: standing, implied }: Omit<Setting, 'kind' | 'about'>): string {
  if (implied !== undefined)
    return `\`${standing}\`, or \`${implied.text}\` where ${implied.by} is set`
  if (standing === undefined || standing === '') return '-'
  if (typeof standing === 'string') return `\`${standing}\``
  return Object.entries(standing)
    .map(([profile, text]) => `${profile} \`${text}\``)
    .join(', ')
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

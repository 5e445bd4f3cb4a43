/** The section about machines: logins and passes of the gate. */
import { MACHINE_COLUMNS } from '../machine-report.ts'
import { markdownTable } from '../table.ts'
import { OPENSSL_COLUMNS } from '../tokens/report.ts'
import type { MachinesResult } from './results.ts'
import { origin, paragraphs, type Section } from './section.ts'

export const machinesSection = (result: MachinesResult): Section => ({
  markdown: paragraphs(
    origin(result),
    markdownTable(MACHINE_COLUMNS, result.rows),
    `\`openssl speed\`: ${result.openssl?.version ?? 'not here'}`,
    markdownTable(OPENSSL_COLUMNS, result.openssl?.rows ?? []),
  ),
  charts: {},
})

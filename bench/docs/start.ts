/** The section about the time to the first token. */
import { START_COLUMNS } from '../start-report.ts'
import { markdownTable } from '../table.ts'
import type { StartResult } from './results.ts'
import { origin, paragraphs, type Section } from './section.ts'

export const startSection = (result: StartResult): Section => ({
  markdown: paragraphs(origin(result), markdownTable(START_COLUMNS, result.rows)),
  charts: {},
})

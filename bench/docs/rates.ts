/**
 * The sections about tokens per second: of a fresh store by connections, of a long past by rows.
 *
 * @module
 */
import { LOOK_UP_COLUMNS } from '../look-ups.ts'
import { MEMORY_COLUMNS } from '../memory.ts'
import { SUMMARY_COLUMNS, type Summary } from '../report.ts'
import { markdownTable } from '../table.ts'
import { barChart } from './chart.ts'
import type { LongResult, ServiceResult } from './results.ts'
import { image, origin, paragraphs, type Section } from './section.ts'

function chart(title: string, summary: readonly Summary[], labelOf: (row: Summary) => string) {
  const groups = [...Map.groupBy(summary, labelOf)].map(([label, rows]) => ({
    label,
    bars: rows.map(({ server, requestsPerSecond }) => ({
      label: server,
      value: requestsPerSecond,
      text: Math.round(requestsPerSecond).toLocaleString('en'),
    })),
  }))
  return barChart({ title, axis: 'tokens per second', groups, ours: 'jotter' })
}

export function serviceSection(result: ServiceResult): Section {
  const title = 'Tokens issued by one process, fresh store'
  const label = ({ connections }: Summary) =>
    connections === 1 ? '1 connection' : `${connections} connections`
  return {
    markdown: paragraphs(
      origin(result),
      image(title, 'service.svg'),
      markdownTable(SUMMARY_COLUMNS, result.summary),
    ),
    charts: { 'service.svg': chart(title, result.summary, label) },
  }
}

export function longSection(result: LongResult): Section {
  const title = 'Tokens issued by one process, by rows in the store'
  const label = ({ rows }: Summary) =>
    rows === 0 ? 'fresh store' : `${rows.toLocaleString('en')} rows`
  return {
    markdown: paragraphs(
      origin(result),
      image(title, 'long.svg'),
      markdownTable(SUMMARY_COLUMNS, result.summary),
      'Look-ups with an API key, one connection:',
      markdownTable(LOOK_UP_COLUMNS, result.lookUps),
      'Resident memory at 64 connections:',
      markdownTable(MEMORY_COLUMNS, result.memory),
    ),
    charts: { 'long.svg': chart(title, result.summary, label) },
  }
}

/** The sections about logins: what they cost, and what their times tell. */
import { LOGIN_COLUMNS, STATUS_COLUMNS, STORM_COLUMNS, TIMING_COLUMNS } from '../logins/rows.ts'
import { markdownTable } from '../table.ts'
import type { LoginsResult, LoginTimingResult } from './results.ts'
import { origin, paragraphs, type Section } from './section.ts'

export const loginsSection = (result: LoginsResult): Section => ({
  markdown: paragraphs(
    origin(result),
    'Logins:',
    markdownTable(LOGIN_COLUMNS, result.logins),
    'Whose token it is, `GET /auth/status`:',
    markdownTable(STATUS_COLUMNS, result.status),
    'Tokens issued while others log in:',
    markdownTable(STORM_COLUMNS, result.storm),
  ),
  charts: {},
})

export const loginTimingSection = (result: LoginTimingResult): Section => ({
  markdown: paragraphs(origin(result), markdownTable(TIMING_COLUMNS, result.rows)),
  charts: {},
})

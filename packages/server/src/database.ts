import { join, resolve } from 'node:path'
import { isPostgres, shownPostgresUrl } from './postgres-url.ts'
import type { SettingName, Settings } from './settings.ts'

export interface NamedDatabase {
  /** As `openStores` understands it. */
  readonly url: string
  /** The setting that decided. */
  readonly setting: SettingName
}

/** The database that the settings name: DATABASE_URL, in the testing profile DATABASE_TEST_URL. */
export function databaseOf({
  ENV,
  DATA,
  DATABASE_URL,
  DATABASE_TEST_URL,
}: Settings): NamedDatabase {
  if (ENV === 'testing' && DATABASE_TEST_URL !== undefined) {
    return { url: DATABASE_TEST_URL, setting: 'DATABASE_TEST_URL' }
  }
  if (DATABASE_URL !== undefined) return { url: DATABASE_URL, setting: 'DATABASE_URL' }
  return { url: ownDatabase(DATA), setting: 'DATA' }
}

/** Where everything is kept when no database is named. */
export const ownDatabase = (data: string): string => `sqlite:${join(data, 'jotter.db')}`

/** For people: a file with its whole path, a server without its password. */
export function shownUrl(url: string): string {
  if (isPostgres(url)) return shownPostgresUrl(url)
  return url.startsWith('sqlite:') ? `sqlite:${resolve(url.slice('sqlite:'.length))}` : url
}

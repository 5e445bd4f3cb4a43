import { databaseOf, shownUrl } from '../database.ts'
import { StoreUnavailable } from '../errors.ts'
import { MasterKeyError } from '../keys/master-key.ts'
import { isPostgres } from '../postgres-url.ts'
import type { SettingName } from '../settings.ts'
import type { ReadSettings } from '../settings-sources.ts'
import { CliError, isOfSqlite } from './failure.ts'
import { EXIT, type ExitCode } from './io.ts'

interface Row {
  exit: ExitCode
  setting: SettingName
  message: string
  remedy: string
}

/** Why a socket cannot be bound, by the code of the system. */
const LISTEN: Readonly<Record<string, Row>> = {
  EADDRINUSE: {
    exit: EXIT.conflict,
    setting: 'PORT',
    message: 'the port is in use',
    remedy: 'jotter serve --port 0    takes a free one',
  },
  EACCES: {
    exit: EXIT.notPermitted,
    setting: 'PORT',
    message: 'this user may not listen on that port',
    remedy: 'choose a port from 1024 on, and let a proxy listen on the other',
  },
  EADDRNOTAVAIL: {
    exit: EXIT.usage,
    setting: 'HOST',
    message: 'this machine does not have that address',
    remedy: 'give --host an address of this machine, or 127.0.0.1',
  },
  ENOTFOUND: {
    exit: EXIT.usage,
    setting: 'HOST',
    message: 'no address has that name',
    remedy: 'give --host an address of this machine, or 127.0.0.1',
  },
}

/** What an operator can do about an error of the start; other errors as they are. */
export function startFailure(error: unknown, { settings, origins }: ReadSettings): unknown {
  if (!(error instanceof Error)) return error
  const { code, syscall } = error as NodeJS.ErrnoException
  const from = (setting: SettingName) => `${setting} (${origins[setting]})`

  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    const row = LISTEN[code ?? ''] ?? (syscall === 'getaddrinfo' ? LISTEN.ENOTFOUND : undefined)
    if (row === undefined) return error
    const { exit, setting, message, remedy } = row
    const place = `${settings.HOST}:${settings.PORT}`
    return new CliError(exit, `cannot listen on ${place}: ${message}`, {
      from: from(setting),
      remedy,
    })
  }
  if (error instanceof MasterKeyError) {
    const { message, remedy } = error
    return new CliError(EXIT.usage, message, { from: from('MASTER_KEY'), remedy })
  }
  if (error instanceof StoreUnavailable || isOfSqlite(error)) {
    const { url, setting } = databaseOf(settings)
    const text = `cannot open the database ${shownUrl(url)}: ${error.message}`
    return new CliError(EXIT.unreachable, text, {
      from: from(setting),
      remedy: isPostgres(url)
        ? 'is the server up, and do user, password and database exist there?'
        : 'is it a file of jotter, and may this user write to it and its folder?',
    })
  }
  // Of the folder itself, or of the files in it.
  if (syscall !== undefined && code !== undefined) {
    return new CliError(EXIT.unreachable, `cannot use the data folder: ${error.message}`, {
      from: from('DATA'),
      remedy: 'give --data a folder that this user may write to',
    })
  }
  return error
}

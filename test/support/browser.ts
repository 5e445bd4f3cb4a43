/**
 * A real Chromium for the tests of one file, from what `npm ci` has brought: nothing of the system's
 * is needed but its C library. It is unpacked into a folder of its own below the system's temporary
 * one, about 200 MB, and goes with it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflate } from '@sparticuz/chromium'
import { type Browser, chromium } from 'playwright-core'
import './interrupted.ts'
import type { Owner } from './service.ts'

const BIN = fileURLToPath(new URL('../bin/', import.meta.resolve('@sparticuz/chromium')))
const LAUNCH_TIMEOUT_MS = 30_000

/**
 * The browser ends when the pipes to it do. When this process was killed, nobody else is left to
 * remove the folder.
 */
const LIFELINE = `#!/bin/sh
"$TMPDIR/chromium" "$@"
rm -rf "$TMPDIR"
`

/**
 * Those of the package switch off what tests are about: the same-origin policy, isolation of sites,
 * processes of their own for tabs.
 */
const FLAGS = [
  // Root has no sandbox, and a container often none either. Only pages of the tests are opened.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-sync',
  '--no-first-run',
  '--font-render-hinting=none',
]

/** Why there is no browser on this machine, or false. */
export const NO_BROWSER =
  !(process.platform === 'linux' && process.arch === 'x64') &&
  'the Chromium of npm ci is for Linux on x64'

/** @throws {Error} With its output, when it does not start in time. */
export async function startBrowser(owner: Owner): Promise<Browser> {
  const system = tmpdir()
  const folder = mkdtempSync(join(system, 'jotter-chromium-'))
  const abandon = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  process.once('exit', abandon)
  let browser: Browser | undefined
  owner.after(async () => {
    await browser?.close()
    abandon()
    process.off('exit', abandon)
  })

  const before = process.env.TMPDIR
  // Both the package and Playwright write where this says.
  process.env.TMPDIR = folder
  try {
    await Promise.all(
      ['chromium.br', 'al2023.tar.br', 'fonts.tar.br'].map((file) => inflate(join(BIN, file))),
    )
    const executablePath = join(folder, 'chromium-and-clean')
    writeFileSync(executablePath, LIFELINE, { mode: 0o700 })
    browser = await chromium.launch({
      executablePath,
      args: FLAGS,
      env: environmentIn(folder),
      timeout: LAUNCH_TIMEOUT_MS,
    })
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
  return browser
}

/** Nothing else of this environment: a browser asks for proxies, displays and settings in it. */
function environmentIn(folder: string) {
  const home = join(folder, 'home')
  mkdirSync(home)
  const fonts = join(folder, 'fonts.conf')
  writeFileSync(
    fonts,
    `<fontconfig><dir>${join(folder, 'fonts/fonts')}</dir><cachedir>${home}</cachedir></fontconfig>`,
  )
  return {
    PATH: '/usr/bin:/bin',
    HOME: home,
    TMPDIR: folder,
    FONTCONFIG_FILE: fonts,
    // libnss3 and what it needs: on a machine without a desktop there is none.
    LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
  }
}

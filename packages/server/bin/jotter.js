#!/usr/bin/env node
/**
 * Starts the command. Built, it is loaded right here. In a checkout it runs from source, for which
 * Node must be told to resolve our packages so, and is one process more. Written for any Node, since
 * the first thing it finds out is how old that one is.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const OLDEST = 24

const built = new URL('../dist/cli/main.js', import.meta.url)
const source = new URL('../src/cli/main.ts', import.meta.url)
const isNewEnough = Number.parseInt(process.versions.node, 10) >= OLDEST

if (isNewEnough && existsSync(built)) {
  await import(built.href)
} else {
  const node = isNewEnough ? process.execPath : pinnedNode()
  if (node === undefined) {
    process.stderr.write(
      `error: jotter needs Node ${OLDEST} or newer\n  from   ${process.execPath} (${process.version})\n`,
    )
    process.exitCode = 2
  } else {
    const main = existsSync(built) ? [built] : ['--conditions=source', source]
    run(node, [...main.map((part) => (part instanceof URL ? fileURLToPath(part) : part))])
  }
}

/** The Node that a checkout brings with it. */
function pinnedNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    return undefined
  }
}

/** Passes signals on, and ends as the child ends. */
function run(node, main) {
  const child = spawn(node, [...main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code
    else {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
  })
}

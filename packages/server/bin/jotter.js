#!/usr/bin/env node
/**
 * Starts the command. Built, it is loaded right here. In a checkout it runs from source, for which
 * Node must be told where our packages have theirs: that takes a process more. Written for any Node,
 * since how old this one is turns out only here.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const OLDEST = 24

const built = new URL('../dist/cli/main.js', import.meta.url)
const source = new URL('../src/cli/main.ts', import.meta.url)
const isBuilt = existsSync(built)
const isNewEnough = Number.parseInt(process.versions.node, 10) >= OLDEST

if (isBuilt && isNewEnough) {
  await import(built.href)
} else {
  const node = isNewEnough ? process.execPath : pinnedNode()
  const main = isBuilt ? [fileURLToPath(built)] : ['--conditions=source', fileURLToPath(source)]
  if (node !== undefined) run(node, [...main, ...process.argv.slice(2)])
  else {
    process.stderr.write(
      `error: jotter needs Node ${OLDEST} or newer\n  from   ${process.execPath}, which is ${process.version}\n`,
    )
    process.exitCode = 2
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

/** Passes signals on, and ends as the other process ends. */
function run(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code
      return
    }
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

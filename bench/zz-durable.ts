import pino from 'pino'
import { readSettings } from '/work/main/packages/server/src/settings-sources.ts'
import { startService } from '/work/main/packages/server/src/start.ts'
const arg=(n:string)=>process.argv[process.argv.indexOf(n)+1] as string
const { settings } = readSettings({ flags: {port: arg('--port'), data: arg('--data')}, environment: process.env, readFile: () => '', dotEnv: () => undefined })
const s = await startService({ settings, log: pino(), version: 'x', now: Date.now, monotonic: () => Math.floor(performance.now()) })
console.log(JSON.stringify({address: s.address}))
process.once('SIGTERM', async () => { await s.stop(); process.exit(0) })

import { ownAddress } from '../own-address.ts'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT, jsonText } from './io.ts'
import { addJson } from './options.ts'
import { ask, readAddress } from './remote.ts'
import { addSettingFlags, settingFlags } from './setting-flags.ts'

/** For the health check of a container: 0 it is well, 3 it says it is not, 6 nobody answers. */
export const health: CliCommand = {
  examples: ['jotter health --ready', 'jotter health --url https://auth.example.com --json'],

  shape(command) {
    command
      .option('--url <url>', 'the server, instead of HOST and PORT [env: JOTTER_URL]')
      .option('--ready', 'ask whether it can do its work now, and not only whether it is up')
    addJson(command)
    addSettingFlags(command, ['ENV', 'HOST', 'PORT', 'TLS_CERT', 'TLS_KEY'])
  },

  async run(context, command) {
    const { io } = context
    const { json, ready, url } = command.opts<{ url?: string; ready?: true; json?: true }>()
    const server = serverOf(context, url, settingFlags(command))
    const answer = await ask(server, ready ? '/readyz?verbose' : '/livez').catch((error) => {
      if (json) io.out(jsonText({ url: server.url, ok: false, status: null }))
      throw error
    })
    const { ok, status, text } = answer
    if (json) io.out(jsonText({ url: server.url, ok, status }))
    else io.out(text)
    if (ok) return EXIT.done
    throw new CliError(
      EXIT.negative,
      `${server.url} is not ${ready ? 'ready' : 'well'}: ${status}`,
      {
        from: server.from,
        remedy: 'the log of the server says why',
      },
    )
  },
}

function serverOf(
  { environment, settings }: Context,
  flag: string | undefined,
  flags: Record<string, string | undefined>,
) {
  if (flag !== undefined) return { url: readAddress(flag, '--url'), from: '--url' }
  const { JOTTER_URL } = environment
  if (JOTTER_URL) {
    return { url: readAddress(JOTTER_URL, 'JOTTER_URL'), from: 'JOTTER_URL' }
  }
  const read = settings(flags)
  const { HOST, PORT } = read.origins
  return {
    url: ownAddress(read.settings),
    from: `HOST (${HOST}), PORT (${PORT})`,
    // Its certificate is for its public name. Nothing secret is sent to it.
    anyCertificate: true,
  }
}

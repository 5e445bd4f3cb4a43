/**
 * One question to a key server that others run, and nothing of what it answers believed: not how long
 * it takes, how much it says, where it points to, or that what it gives is a public key.
 */
import { type Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type Key, KeyError } from '@jotter/token'
import { readPublicKey } from '../public-key.ts'
import { KeyServerUnavailable } from './key-source.ts'

/** Ten times a large public key. */
const MAX_BYTES = 16 * 1024

/** Of the answers that say nobody has this name, those that speak of the moment instead. */
const OF_THE_MOMENT: readonly number[] = [408, 425, 429]

/** There was no whole answer, whoever was asked for. */
export class KeyServerSilent extends KeyServerUnavailable {}

export interface Question {
  /** `http:` or `https:`; `identity` becomes its query. */
  readonly url: string
  readonly identity: string
  /** Of all of it: the name of the server, the connection, the answer to its last byte. */
  readonly timeoutMs: number
  readonly agent: HttpAgent
}

/**
 * The key of `identity`; undefined when the server says that nobody has this name.
 *
 * @throws {KeyServerSilent} When there is no whole answer in time.
 * @throws {KeyServerUnavailable} When the answer is no public key that may be used.
 */
export async function askKeyServer({ url, identity, ...how }: Question): Promise<Key | undefined> {
  const target = new URL(url)
  // Not by joining texts: a name with & or # would ask for something else.
  target.search = new URLSearchParams({ identity }).toString()
  const { status, text } = await exchange(target, how)
  if (status === 200) return keyOf(text)
  if (status >= 400 && status < 500 && !OF_THE_MOMENT.includes(status)) return undefined
  throw new KeyServerUnavailable(`it answered ${status}`)
}

/** Not by fetch, which would unpack what was compressed. Redirects are not followed. */
async function exchange(target: URL, { timeoutMs, agent }: Pick<Question, 'timeoutMs' | 'agent'>) {
  const request = target.protocol === 'https:' ? requestHttps : requestHttp
  const headers = { accept: 'text/plain, */*;q=0.1', 'accept-encoding': 'identity' }
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    request(target, { headers, agent, signal }, resolve)
      .on('error', reject)
      // Of a server that switches to another protocol nothing else is heard.
      .on('close', () => reject(new Error('closed without an answer')))
      .end()
    const answer = await promise
    const status = answer.statusCode as number
    if (status === 200) return { status, text: await textOf(answer) }
    answer.destroy()
    return { status, text: '' }
  } catch (error) {
    if (error instanceof KeyServerUnavailable) throw error
    const why = signal.aborted ? `no whole answer in ${timeoutMs} ms` : (error as Error).message
    throw new KeyServerSilent(why)
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const { 'content-encoding': coding = 'identity' } = answer.headers
  if (coding !== 'identity') {
    answer.destroy()
    throw new KeyServerUnavailable('its answer is compressed, which was not asked for')
  }
  const chunks: Buffer[] = []
  let bytes = 0
  // Leaving the loop closes the connection.
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES)
      throw new KeyServerUnavailable(`it answered more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1')
}

function keyOf(text: string): Key {
  try {
    return readPublicKey(text)
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    // Of the key nothing is in the message: it may be a private one.
    throw new KeyServerUnavailable(`what it answered is no public key to use: ${error.message}`)
  }
}

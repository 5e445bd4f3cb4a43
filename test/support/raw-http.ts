/** HTTP/1.1 as bytes, for what `fetch` would tidy up or refuse to send. */
import { connect } from 'node:net'

export interface RawAnswer {
  status: number
  headers: Headers
  body: string
}

/** Longer than any answer takes, shorter than the service keeps an idle connection. */
const PATIENCE_MS = 3_000

/**
 * Sends `bytes` over a connection of its own and fulfils, once the server has closed it, with every
 * answer that came.
 *
 * @throws When the server keeps the connection open.
 */
export async function sendRaw(address: string, bytes: string | Uint8Array): Promise<RawAnswer[]> {
  const { hostname, port } = new URL(address)
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer[]>()
  const received: Uint8Array[] = []
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ''), () => socket.write(bytes))
  const timer = setTimeout(() => {
    socket.destroy()
    reject(new Error(`the connection was kept open after: ${Buffer.concat(received)}`))
  }, PATIENCE_MS)
  socket.on('data', (chunk: Buffer) => received.push(chunk))
  // A server that closes with bytes unread resets the connection; what it sent has arrived.
  socket.on('error', () => {})
  socket.on('close', () => {
    clearTimeout(timer)
    resolve(parseAnswers(Buffer.concat(received).toString('latin1')))
  })
  return promise
}

/** A GET whose answer closes the connection. `headers` are lines, each with its CRLF. */
export const rawGet = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}Connection: close\r\n\r\n`

function parseAnswers(text: string): RawAnswer[] {
  const head = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(text)
  if (head === null) {
    if (text !== '') throw new Error(`not an answer: ${JSON.stringify(text)}`)
    return []
  }
  const [whole, status, lines = ''] = head
  const headers = new Headers(
    lines
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => line.split(/: ?(.*)/s, 2) as [string, string]),
  )
  const end = whole.length + Number(headers.get('content-length') ?? 0)
  const body = Buffer.from(text.slice(whole.length, end), 'latin1').toString()
  return [{ status: Number(status), headers, body }, ...parseAnswers(text.slice(end))]
}

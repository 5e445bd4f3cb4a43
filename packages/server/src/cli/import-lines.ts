/** A file of any length, line by line: never more of it in memory than a piece and one line. */

export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: string }

/** No user needs a longer one; without a bound a file without newlines would be all in memory. */
const MAX_LINE_BYTES = 16 * 1024
const NEWLINE = 0x0a
const BYTE_ORDER_MARK = '\ufeff'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Lines end with LF or CRLF; numbers begin with 1. What holds nothing but white space is left out. */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 0
  let begun: Buffer[] = []
  let length = 0

  function add(piece: Buffer): void {
    length += piece.length
    // The rest of one that is too long is passed over.
    if (length <= MAX_LINE_BYTES) begun.push(piece)
  }

  function whole(): Line | undefined {
    number += 1
    const line =
      length > MAX_LINE_BYTES
        ? { number, problem: `the line is longer than ${MAX_LINE_BYTES} bytes` }
        : read(number, Buffer.concat(begun))
    begun = []
    length = 0
    return line
  }

  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      add(bytes.subarray(start, end))
      start = end + 1
      const line = whole()
      if (line !== undefined) yield line
    }
    add(bytes.subarray(start))
  }
  const last = length > 0 ? whole() : undefined
  if (last !== undefined) yield last
}

function read(number: number, bytes: Buffer): Line | undefined {
  try {
    const decoded = UTF8.decode(bytes)
    const text = number === 1 && decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded
    return text.trim() === '' ? undefined : { number, text: text.replace(/\r$/, '') }
  } catch {
    return { number, problem: 'the line is not UTF-8' }
  }
}

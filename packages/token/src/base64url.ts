/**
 * base64url as RFC 7515 §2 has it: no padding, no white space, one text for one sequence of bytes.
 *
 * @module
 */

export function encodeBase64url(data: string | Uint8Array): string {
  const bytes = typeof data === 'string' ? Buffer.from(data) : viewOf(data)
  return bytes.toString('base64url')
}

/**
 * The bytes of `text`, or undefined unless `text` is exactly how those bytes are written.
 *
 * Node's decoder skips what it does not know and ignores unused bits of the last character, so one
 * signature would have many texts. Encoding again and comparing catches every such case, and costs
 * less than looking at each character.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/**
 * Ways to spoil a token, one row each, and the dice that choose among them. Nothing here makes a valid
 * signature, so whatever comes out must be refused, unless it is a token that was there before.
 *
 * @module
 */

/** A whole number from 0 to `below` - 1. */
export type Dice = (below: number) => number

/** mulberry32: as good as it must be here, quick, and the same again for the same seed. */
export function diceOf(seed: number): Dice {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) % below
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const STRAYS = [
  '.',
  '=',
  '==',
  '+',
  '/',
  ' ',
  '\n',
  '\t',
  '\0',
  '%2E',
  'é',
  '😀',
  '\ud800',
  '"',
  '..',
]
/** What a JSON text is broken, or bent, with. */
const SNIPPETS = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u0061', '\\ud800', '\\u0000', '\ufeff', '\xff'],
  ...['null', 'true', '1e400', '-0', '1E5', '01', '"alg":"none",', '"kid":"a",', '"crit":["b64"],'],
  ...['"b64":false,', '"exp":9999999999,', '"__proto__":{},', '"sub":"admin",', '[[[[', '"x":{'],
]

type Mutation = (token: string, dice: Dice, other: string) => string

const pick = <T>(list: ArrayLike<T>, dice: Dice): T => list[dice(list.length)] as T
const splice = (text: string, at: number, removed: number, added: string) =>
  text.slice(0, at) + added + text.slice(at + removed)

/** Changes one segment, whichever the dice choose of `which`. */
function inSegment(
  which: readonly number[],
  change: (bytes: Buffer, dice: Dice) => Buffer,
): Mutation {
  return (token, dice) => {
    const segments = token.split('.')
    const at = pick(which, dice)
    const bytes = Buffer.from(segments[at] ?? '', 'base64url')
    segments[at] = change(bytes, dice).toString('base64url')
    return segments.join('.')
  }
}

function flipBit(bytes: Buffer, dice: Dice): Buffer {
  const at = dice(bytes.length)
  bytes[at] = (bytes[at] as number) ^ (1 << dice(8))
  return bytes
}

function addSnippet(bytes: Buffer, dice: Dice): Buffer {
  const text = bytes.toString('latin1')
  return Buffer.from(splice(text, dice(text.length + 1), dice(4), pick(SNIPPETS, dice)), 'latin1')
}

function resize(bytes: Buffer, dice: Dice): Buffer {
  return Buffer.concat([bytes, bytes]).subarray(dice(2), dice(bytes.length * 2))
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'another character': (token, dice) => splice(token, dice(token.length), 1, pick(ALPHABET, dice)),
  'a stray character': (token, dice) =>
    splice(token, dice(token.length + 1), dice(2), pick(STRAYS, dice)),
  'a character less': (token, dice) => splice(token, dice(token.length), 1, ''),
  'a piece less': (token, dice) => splice(token, dice(token.length), dice(token.length), ''),
  'a piece twice': (token, dice) => {
    const at = dice(token.length)
    return splice(token, at, 0, token.slice(at, at + dice(40)))
  },
  'the beginning only': (token, dice) => token.slice(0, dice(token.length)),
  'the other case': (token, dice) => {
    const at = dice(token.length)
    const letter = token[at] as string
    const upper = letter.toUpperCase()
    return splice(token, at, 1, upper === letter ? letter.toLowerCase() : upper)
  },
  'a segment of another token': (token, dice, other) => {
    const segments = token.split('.')
    const at = dice(3)
    segments[at] = other.split('.')[at] as string
    return segments.join('.')
  },
  'segments in another order': (token, dice) =>
    token
      .split('.')
      .sort(() => dice(3) - 1)
      .join('.'),
  'a bit of a segment': inSegment([0, 1, 2], flipBit),
  'a snippet in the JSON': inSegment([0, 1], addSnippet),
  'another length of the signature': inSegment([2], resize),
  'two of these': (token, dice, other) => mutate(mutate(token, dice, other), dice, other),
}

const ALL = Object.values(MUTATIONS).slice(0, -1)

/** A token spoilt in one way that the dice choose. */
export function mutate(token: string, dice: Dice, other: string): string {
  return token === '' ? '.' : (ALL[dice(ALL.length)] as Mutation)(token, dice, other)
}

/** What the tests of the documents read out of Markdown: links, code, commands. */

export interface Fence {
  language: string
  lines: string[]
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm

export const fencesOf = (text: string): Fence[] =>
  [...text.matchAll(FENCE)].map(([, language = '', body = '']) => ({
    language,
    // A line that goes on is one line.
    lines: body
      .replace(/\\\n\s*/g, '')
      .trimEnd()
      .split('\n'),
  }))

const prose = (text: string): string => text.replace(FENCE, '')

/** `code` between single backticks, on one line or over two. */
export const spansOf = (text: string): string[] =>
  [...prose(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' '))

/** Targets of links, without those to other sites. */
export const linksOf = (text: string): string[] =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

/** What `#...` of a link may name: the headings, as code hosts write them. */
export const anchorsOf = (text: string): string[] =>
  [...prose(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

/** The cells of every table row. */
export const rowsOf = (text: string): string[][] =>
  [...prose(text).matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) =>
    row.split(/(?<!\\)\|/).map((cell) => cell.trim()),
  )

/** Words of one simple command: without variables before it, comment and redirection. */
export type Words = readonly string[]

/** The simple commands of a line for a shell. */
export const commandsOf = (line: string): Words[] =>
  line
    .replace(/(^|\s)#.*$/, '')
    .split(/&&|\||;/)
    .map((command) => command.replace(/[<>].*$/, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? [])
    .map((words) => words.slice(words.findIndex((word) => !/^\w+=/.test(word))))

/** Every command of a document, of its `sh` fences and of its code spans. */
export const allCommandsOf = (text: string): Words[] => {
  const lines = fencesOf(text).flatMap(({ language, lines }) => (language === 'sh' ? lines : []))
  const spans = spansOf(text).filter((span) => /^(?:\w+=\S+ )*(?:jotter|npm|npx) ./.test(span))
  return [...lines, ...spans].flatMap(commandsOf)
}

/**
 * A bar chart as SVG: groups of horizontal bars on one scale from zero, each with its value. It
 * paints its own paper, so that it can be read on any page, light or dark.
 *
 * @module
 */
interface Bar {
  readonly label: string
  readonly value: number
  /** The value as it is written. */
  readonly text: string
}

interface Group {
  readonly label: string
  readonly bars: readonly Bar[]
}

export interface Chart {
  readonly title: string
  /** What the values are, with their unit. */
  readonly axis: string
  readonly groups: readonly Group[]
  /** Bars that begin with this name stand out. */
  readonly ours: string
}

const WIDTH = 760
/** Where bars begin and where the scale ends; values are written behind the longest bar. */
const [LEFT, RIGHT] = [150, 640]
const [TOP, ROW, BAR, GAP, BOTTOM] = [56, 22, 15, 34, 56]

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 } .group { font-weight: 600 } .end { text-anchor: end }
  .middle { text-anchor: middle } .paper { fill: #fff } .grid { stroke: #d0d7de }
  .bar { fill: #8c959f } .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .paper { fill: #0d1117 } .grid { stroke: #30363d }
    .bar { fill: #6e7681 } .ours { fill: #4493f8 }
  }`

const escapeXml = (text: string) =>
  text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`)

const text = (x: number, y: number, content: string, kind = 'label') =>
  `<text x="${x}" y="${y}" class="${kind}">${escapeXml(content)}</text>`

/** The smallest of 1, 2 or 5 times a power of ten that needs at most six steps. */
function stepOf(largest: number) {
  const power = 10 ** Math.floor(Math.log10(largest / 6))
  return [1, 2, 5, 10].map((n) => n * power).find((step) => largest / step <= 6) ?? largest
}

/** The whole file. */
export function barChart({ title, axis, groups, ours }: Chart): string {
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  const step = stepOf(largest)
  const top = Math.ceil(largest / step) * step
  const x = (value: number) => Math.round(LEFT + (value / top) * (RIGHT - LEFT))
  const parts: string[] = []
  let y = TOP
  for (const group of groups) {
    parts.push(text(16, y + 12, group.label, 'group'))
    y += ROW
    for (const { label, value, text: written } of group.bars) {
      const kind = label.startsWith(ours) ? 'ours' : 'bar'
      const width = Math.max(1, x(value) - LEFT)
      parts.push(text(LEFT - 8, y + 12, label, 'end'))
      parts.push(`<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" class="${kind}"/>`)
      parts.push(text(LEFT + width + 6, y + 12, written))
      y += ROW
    }
    y += GAP - ROW
  }
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step)
  const grid = ticks.flatMap((tick) => [
    `<line x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${y}" class="grid"/>`,
    text(x(tick), y + 18, tick.toLocaleString('en'), 'middle'),
  ])
  const height = y + BOTTOM
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escapeXml(title)}</title>
<style>${STYLE}
</style>
<rect width="${WIDTH}" height="${height}" class="paper"/>
${text(16, 30, title, 'title')}
${[...grid, ...parts].join('\n')}
${text((LEFT + RIGHT) / 2, y + 42, axis, 'middle')}
</svg>
`
}

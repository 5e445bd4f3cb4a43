/**
 * What the documentation shows of one benchmark.
 *
 * @module
 */
import { machineLine } from '../machine.ts'
import type { Origin } from './results.ts'

export interface Section {
  readonly markdown: string
  /** SVG by file name. */
  readonly charts: Readonly<Record<string, string>>
}

/** A chart of the section. `alt` is what is read out instead. */
export const image = (alt: string, file: string) => `![${alt}](performance/${file})`

/** Without machine, versions, command and date, figures say nothing. */
export function origin({ machine, versions }: Origin): string {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [machine.date, ...packages, machineLine(machine)].join('; ')
}

export const paragraphs = (...parts: readonly string[]): string => parts.join('\n\n')

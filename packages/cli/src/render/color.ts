import picocolors from 'picocolors'
import type { AnsiMode } from '../globals.ts'

export type Colors = ReturnType<typeof picocolors.createColors>

/** Colors for one stream: `--ansi` decides, else NO_COLOR, else whether it is a terminal. */
export function colorsFor(
  ansi: AnsiMode,
  env: Readonly<Record<string, string | undefined>>,
  isTty: boolean,
): Colors {
  return picocolors.createColors(hasColors(ansi, env, isTty))
}

function hasColors(
  ansi: AnsiMode,
  env: Readonly<Record<string, string | undefined>>,
  isTty: boolean,
): boolean {
  if (ansi !== 'auto') return ansi === 'always'
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  return isTty && env.TERM !== 'dumb'
}

export const noColors: Colors = picocolors.createColors(false)

import type { Globals } from '../globals.ts'

/** With `--quiet` nothing is told but problems. */
export function quietly(globals: Globals, quiet: boolean): Globals {
  return quiet ? { ...globals, progress: 'quiet' } : globals
}

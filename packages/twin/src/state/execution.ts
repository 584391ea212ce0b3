import type { Json } from '../json.ts'
import type { Input } from '../input.ts'
import type { Running, TerminalSize } from '../program.ts'
import type { Container } from './container.ts'

/** A command that is run in a container beside its own. */
export interface Execution {
  readonly id: string
  readonly container: Container
  readonly argv: readonly string[]
  readonly body: Json
  state: 'created' | 'running' | 'ended'
  exitCode: number | undefined
  pid: number
  running: Running | undefined
  readonly input: Input
  size: TerminalSize
}

export type { Context, Spawn, Terminal, User } from './context.ts'
export { exitCodes } from './exit.ts'
export { run } from './program.ts'
export { version } from './version.ts'

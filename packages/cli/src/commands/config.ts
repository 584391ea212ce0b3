import type { CommandModule } from '../command.ts'
export const config: CommandModule = {}

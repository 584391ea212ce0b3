import type { CommandModule } from '../../command.ts'

const group = 'Commands:'

export const daemon: CommandModule = {
  description: `The daemon keeps what was asked for and holds the engine to it. Commands start one for you when none answers: root's serves the whole machine, anybody else's that user alone.`,
  subcommands: [
    {
      name: 'start',
      summary: 'Start the daemon in the background',
      group,
      load: async () => (await import('./start.ts')).start,
    },
    {
      name: 'stop',
      summary: 'Stop the daemon; containers go on',
      group,
      load: async () => (await import('./stop.ts')).stop,
    },
    {
      name: 'status',
      summary: 'Show whether a daemon answers, where, and what its engine offers',
      group,
      load: async () => (await import('./status.ts')).status,
    },
    {
      name: 'backup',
      summary: 'Write what the daemon keeps to a file',
      group,
      load: async () => (await import('./backup.ts')).backup,
    },
    {
      name: 'restore',
      summary: 'Put a backup in the place of what a stopped daemon keeps',
      group,
      load: async () => (await import('./restore.ts')).restore,
    },
    {
      name: 'run',
      summary: 'Run the daemon in the foreground',
      group,
      load: async () => (await import('./run.ts')).runDaemon,
    },
  ],
}

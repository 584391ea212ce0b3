import type { CommandEntry } from '../command.ts'

const life = 'Run a project:'
const look = 'Look at it:'
const own = 'Bulkhead itself:'

/** All commands, in the order of `--help`. Modules are loaded when they are called. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'Create and start a project, or bring it up to date',
    group: life,
    load: async () => (await import('./up.ts')).up,
  },
  {
    name: 'create',
    summary: 'Create containers and start none',
    group: life,
    load: async () => (await import('./create.ts')).create,
  },
  {
    name: 'down',
    summary: 'Stop and remove containers and networks',
    group: life,
    load: async () => (await import('./down.ts')).down,
  },
  {
    name: 'run',
    summary: 'Run a command once, in a container of its own',
    group: life,
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'start',
    summary: 'Start containers that are there, in order',
    group: life,
    load: async () => (await import('./start.ts')).start,
  },
  {
    name: 'stop',
    summary: 'Stop containers and keep them',
    group: life,
    load: async () => (await import('./stop.ts')).stop,
  },
  {
    name: 'restart',
    summary: 'Stop containers and start them again',
    group: life,
    load: async () => (await import('./restart.ts')).restart,
  },
  {
    name: 'kill',
    summary: 'Send a signal to containers',
    group: life,
    load: async () => (await import('./kill.ts')).kill,
  },
  {
    name: 'rm',
    summary: 'Remove containers that do not run',
    group: life,
    load: async () => (await import('./rm.ts')).rm,
  },
  {
    name: 'scale',
    summary: 'Run more or fewer containers of services',
    group: life,
    load: async () => (await import('./scale.ts')).scale,
  },
  {
    name: 'build',
    summary: 'Build images',
    group: life,
    load: async () => (await import('./build.ts')).build,
  },
  {
    name: 'pull',
    summary: 'Pull images',
    group: life,
    load: async () => (await import('./pull.ts')).pull,
  },
  {
    name: 'push',
    summary: 'Push images that were built',
    group: life,
    load: async () => (await import('./push.ts')).push,
  },
  {
    name: 'exec',
    summary: 'Run a command in a container that runs',
    group: life,
    load: async () => (await import('./exec.ts')).exec,
  },
  {
    name: 'attach',
    summary: 'Connect with a container that runs',
    group: life,
    load: async () => (await import('./attach.ts')).attachCommand,
  },
  {
    name: 'plan',
    summary: 'Show what would be done, and why',
    group: life,
    load: async () => (await import('./plan.ts')).plan,
  },
  {
    name: 'apply',
    summary: 'Do exactly what a plan says',
    group: life,
    load: async () => (await import('./apply.ts')).apply,
  },
  {
    name: 'wait',
    summary: 'Wait until containers have ended',
    group: life,
    load: async () => (await import('./wait.ts')).waitCommand,
  },
  {
    name: 'ps',
    summary: 'List containers, and the wall that each stands behind',
    group: look,
    load: async () => (await import('./ps.ts')).ps,
  },
  {
    name: 'logs',
    summary: 'Show what containers print',
    group: look,
    load: async () => (await import('./logs.ts')).logs,
  },
  {
    name: 'events',
    summary: 'Show what happens to a project',
    group: look,
    load: async () => (await import('./events.ts')).events,
  },
  {
    name: 'top',
    summary: 'List the processes in its containers',
    group: look,
    load: async () => (await import('./top.ts')).top,
  },
  {
    name: 'port',
    summary: 'Print where a port of a service is published',
    group: look,
    load: async () => (await import('./port.ts')).port,
  },
  {
    name: 'explain',
    summary: 'Tell why services run, or do not',
    group: look,
    load: async () => (await import('./explain.ts')).explain,
  },
  {
    name: 'images',
    summary: 'List images of containers',
    group: look,
    load: async () => (await import('./images.ts')).images,
  },
  {
    name: 'ls',
    summary: 'List projects',
    group: look,
    load: async () => (await import('./ls.ts')).ls,
  },
  {
    name: 'config',
    aliases: ['convert'],
    summary: 'Check the Compose files and print what they come to',
    group: look,
    load: async () => (await import('./config.ts')).config,
  },
  {
    name: 'history',
    summary: 'List what was asked for of a project, revision by revision',
    group: look,
    load: async () => (await import('./history.ts')).history,
  },
  {
    name: 'rollback',
    summary: 'Go back to an earlier revision',
    group: life,
    load: async () => (await import('./rollback.ts')).rollback,
  },
  {
    name: 'audit',
    summary: 'List who asked for what, and what came of it',
    group: own,
    load: async () => (await import('./audit.ts')).audit,
  },
  {
    name: 'suspend',
    summary: 'Have reconciling of a project rest: look, and touch nothing',
    group: own,
    load: async () => (await import('./custody.ts')).suspend,
  },
  {
    name: 'resume',
    summary: 'Have reconciling of a project go on',
    group: own,
    load: async () => (await import('./custody.ts')).resume,
  },
  {
    name: 'release',
    summary: 'Stop keeping a project, and leave all of it running',
    group: own,
    load: async () => (await import('./custody.ts')).release,
  },
  {
    name: 'daemon',
    summary: 'Start, stop and look at the daemon',
    group: own,
    load: async () => (await import('./daemon/index.ts')).daemon,
  },
  {
    name: 'version',
    summary: 'Show versions of bulkhead, its daemon and the engine',
    group: own,
    load: async () => (await import('./version.ts')).versionCommand,
  },
]

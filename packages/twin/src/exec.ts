import { tellContainer } from './container.ts'
import type { Container } from './state/container.ts'
import { inputFor } from './input.ts'
import { text, texts } from './json.ts'
import type { Json } from './json.ts'
import { guestProgramOf, run } from './program.ts'
import { Refusal } from './refusal.ts'
import { environmentOf, reach, subjectOf, workingDirectoryOf } from './surroundings.ts'
import type { World } from './state/world.ts'
import type { Execution } from './state/execution.ts'

/** @throws Refusal 409 when the container doesn't run or is paused, 400 without a command. */
export function createExecution(world: World, container: Container, body: Json): Execution {
  const { state, id, name } = container
  if ((texts(body['Cmd']) ?? []).length === 0) throw new Refusal(400, 'No exec command specified')
  if (state.status === 'paused')
    throw new Refusal(409, `Container ${name} is paused, unpause the container before exec`)
  if (state.status === 'restarting')
    throw new Refusal(409, `Container ${id} is restarting, wait until the container is running`)
  if (state.status !== 'running') throw world.rules.words.notRunning(id)
  return newExecution(world, container, body)
}

export function newExecution(world: World, container: Container, body: Json): Execution {
  const execution: Execution = {
    id: world.random.hex(64),
    container,
    argv: texts(body['Cmd']) ?? [],
    body,
    state: 'created',
    exitCode: undefined,
    pid: 0,
    running: undefined,
    input: inputFor({ config: { OpenStdin: body['AttachStdin'] === true } }),
    size: { rows: 0, columns: 0 },
  }
  world.executions.set(execution.id, execution)
  tellContainer(world, `exec_create: ${lineOf(execution)}`, container, { execID: execution.id })
  return execution
}

/** @throws Refusal 404 */
export function executionNamed({ executions }: World, id: string): Execution {
  const execution = executions.get(id)
  if (execution === undefined) throw new Refusal(404, `No such exec instance: ${id}`)
  return execution
}

/**
 * Runs it to its end.
 *
 * @param told its exit code, when that is told beforehand and no program is asked.
 * @returns the exit code.
 */
export function execute(
  world: World,
  execution: Execution,
  write: (stream: 'stdout' | 'stderr', content: Buffer) => void,
  told?: number,
): Promise<number> {
  const { container, argv } = execution
  tellContainer(world, `exec_start: ${lineOf(execution)}`, container, { execID: execution.id })
  const missing = missingProgram(world, execution)
  if (missing !== undefined && told === undefined) {
    execution.state = 'ended'
    execution.exitCode = 126
    write(
      'stdout',
      Buffer.from(
        `OCI runtime exec failed: exec failed: unable to start container process: ${missing}: unknown\r\n`,
      ),
    )
    return Promise.resolve(126)
  }
  execution.state = 'running'
  execution.pid = world.nextPid()
  const program =
    told === undefined
      ? guestProgramOf(world.scripts, { ...subjectOf(container), argv })
      : () => Promise.resolve(told)
  return new Promise((resolve) => {
    execution.running = run(program, {
      clock: world.clock,
      argv,
      environment: { ...environmentOf(container), ...environmentIn(execution.body) },
      workingDirectory: text(execution.body['WorkingDir']) || workingDirectoryOf(container),
      files: container.files,
      reach: (host) => reach(world, container, host),
      write,
      input: execution.input,
      size: () => execution.size,
      onExit: (code) => {
        execution.state = 'ended'
        execution.exitCode = code
        execution.running = undefined
        tellContainer(world, 'exec_die', container, { execID: execution.id, exitCode: String(code) })
        resolve(code)
      },
    })
  })
}

function missingProgram(world: World, { container, argv }: Execution): string | undefined {
  const [program = ''] = argv
  const programs = world.images.get(container.imageId)?.spec.programs
  const bare = program.replace(/^\/bin\//u, '')
  if (programs === undefined || programs.includes(program) || programs.includes(bare)) return undefined
  return program.includes('/')
    ? `exec: "${program}": stat ${program}: no such file or directory`
    : `exec: "${program}": executable file not found in $PATH`
}

function environmentIn(body: Json): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (texts(body['Env']) ?? []).map((entry) => [
      entry.split('=')[0] ?? '',
      entry.split('=').slice(1).join('='),
    ]),
  )
}

/** Command and arguments as events tell them, with the blank that the engine leaves after a lone command. */
function lineOf({ argv }: Execution): string {
  return `${argv[0] ?? ''} ${argv.slice(1).join(' ')}`
}

export function executionView({ id, container, argv, body, state, exitCode, pid }: Execution): Json {
  return {
    ID: id,
    Running: state === 'running',
    ExitCode: exitCode ?? null,
    ProcessConfig: {
      tty: body['Tty'] === true,
      entrypoint: argv[0] ?? '',
      arguments: argv.slice(1),
      privileged: body['Privileged'] === true,
      ...(text(body['User']) === '' ? {} : { user: body['User'] }),
    },
    OpenStdin: body['AttachStdin'] === true,
    OpenStderr: body['AttachStderr'] === true,
    OpenStdout: body['AttachStdout'] === true,
    CanRemove: false,
    ContainerID: container.id,
    DetachKeys: text(body['DetachKeys']),
    Pid: pid,
  }
}

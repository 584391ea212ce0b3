import type { FastifyInstance } from 'fastify'
import { containerNamed } from '../container.ts'
import { createExecution, execute, executionNamed, executionView } from '../exec.ts'
import { frame } from '../log.ts'
import type { TerminalSize } from '../program.ts'
import { answer, bodyOf, nothing, parameterOf, queryOf, stream } from '../wire.ts'
import type { World } from '../state/world.ts'

/** Commands that run in containers beside their own; the upgraded form is in upgrade.ts. */
export function executionRoutes(app: FastifyInstance, world: World): void {
  app.post('/containers/:id/exec', (request, reply) => {
    const container = containerNamed(world, parameterOf(request, 'id'))
    return answer(reply.status(201), { Id: createExecution(world, container, bodyOf(request)).id })
  })
  app.get('/exec/:id/json', (request, reply) =>
    answer(reply, executionView(executionNamed(world, parameterOf(request, 'id')))),
  )
  app.post('/exec/:id/resize', (request, reply) => {
    executionNamed(world, parameterOf(request, 'id')).size = sizeIn(request)
    return nothing(reply, 200)
  })
  app.post('/exec/:id/start', async (request, reply) => {
    const execution = executionNamed(world, parameterOf(request, 'id'))
    const detached = bodyOf(request)['Detach'] === true
    if (detached) {
      void execute(world, execution, () => undefined)
      return nothing(reply, 200)
    }
    const out = stream(request, reply, 'application/vnd.docker.raw-stream')
    await runAttached(world, execution, (content) => out.write(content))
    out.end()
    return reply
  })
}

/** Rows and columns as a resize tells them. */
export function sizeIn(request: Parameters<typeof queryOf>[0]): TerminalSize {
  const { h, w } = queryOf(request)
  return { rows: Number(h ?? 0), columns: Number(w ?? 0) }
}

/** Runs it and hands on what it writes, framed unless it has a terminal. */
export async function runAttached(
  world: World,
  execution: ReturnType<typeof executionNamed>,
  write: (content: Buffer) => void,
): Promise<void> {
  const { body, id, state } = execution
  const framed = body['Tty'] !== true
  if (state !== 'created') {
    write(frame('stderr', Buffer.from(`Error: Exec command ${id} has already run\n`)))
    return
  }
  const wanted = { stdout: body['AttachStdout'] === true, stderr: body['AttachStderr'] === true }
  await execute(world, execution, (from, content) => {
    if (!wanted[from]) return
    write(framed ? frame(from, content) : content)
  })
}

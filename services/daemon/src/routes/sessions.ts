import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  AttachmentRequestSchema,
  ExecRequestSchema,
  ProblemDetailsSchema,
  ProjectNameSchema,
  SessionSchema,
  paths,
} from '@bulkhead/api'
import type { Attachment, Engine } from '@bulkhead/engine'
import { BulkheadError } from '@bulkhead/model'
import { Type } from 'typebox'
import type { Loader } from '../loaded.ts'
import { findContainer } from '../sessions/find.ts'
import type { Sessions } from '../sessions/session.ts'
import { exitOrDetach } from '../sessions/exit.ts'

export interface SessionRouteOptions {
  readonly engine: Engine
  readonly loader: Loader
  readonly sessions: Sessions
}

const failures = {
  404: ProblemDetailsSchema,
  409: ProblemDetailsSchema,
  422: ProblemDetailsSchema,
  503: ProblemDetailsSchema,
}

/** Ways into containers that run. */
export const sessionRoutes: FastifyPluginAsyncTypebox<SessionRouteOptions> = async (app, options) => {
  const { engine, sessions } = options
  const params = Type.Object({ name: ProjectNameSchema })

  app.post(
    `${paths.projects}/:name/execs`,
    {
      schema: {
        operationId: 'createExec',
        summary: 'Runs a command in a container of a service',
        description: 'It begins when the session is opened; with `detach` at once.',
        params,
        body: ExecRequestSchema,
        response: { 201: SessionSchema, ...failures },
      },
    },
    async ({ params: { name }, body }, reply) => {
      const { service, index, detach = false, terminal = false, ...command } = body
      const { id, name: container } = await findContainer(options, { project: name, service, index })
      const request = { ...command, terminal }
      reply.code(201)
      if (detach) {
        await engine.startExec(id, request)
        return { container, terminal }
      }
      const session = sessions.add({
        async open(signal) {
          const execution = await engine.openExec(id, request, signal)
          return {
            attachment: execution,
            // Only from a terminal one can detach; a command may go on after it has closed its output.
            exitCode: () => (terminal ? exitOrDetach(() => execution.exitCode()) : execution.exitCode()),
          }
        },
      })
      return { id: session, container, terminal }
    },
  )

  app.post(
    `${paths.projects}/:name/attachments`,
    {
      schema: {
        operationId: 'createAttachment',
        summary: 'The standard streams of a container of a service',
        params,
        body: AttachmentRequestSchema,
        response: { 201: SessionSchema, ...failures },
      },
    },
    async ({ params: { name }, body }, reply) => {
      const { service, index, input = false, detachKeys } = body
      const { id, name: container } = await findContainer(options, { project: name, service, index })
      // Whether it has a terminal the client must know before it opens the session.
      const attachment = await engine.attach(id, { input, output: true, detachKeys })
      const session = sessions.add({
        async open(signal) {
          const { code } = await engine.awaitExit(id, 'now', signal)
          return {
            attachment: closedBy(attachment, signal),
            exitCode: () => exitOrDetach(() => code),
            signal: (its) => engine.killContainer(id, its),
          }
        },
        async abandon() {
          attachment.close()
        },
      })
      return reply.code(201).send({ id: session, container, terminal: attachment.terminal })
    },
  )

  app.get(
    '/v1/sessions/:id',
    {
      schema: {
        operationId: 'openSession',
        summary: 'Opens a session, as a WebSocket',
        description:
          'Binary messages begin with a byte that tells the stream: 0 standard input (to the daemon), ' +
          '1 standard output, 2 standard error (from it). Text messages are JSON. To the daemon: ' +
          '`{"type":"resize","columns":80,"rows":24}`, `{"type":"end"}` when no more input comes, ' +
          '`{"type":"signal","signal":"SIGINT"}` for containers. From it: `{"type":"open"}` first, and last ' +
          '`{"type":"exit","code":0}`, `{"type":"detached"}`, or `{"type":"error","problem":{…}}`. A client ' +
          'that goes leaves the container as it is. What comes is as the program wrote it: no secret is masked.',
        params: Type.Object({ id: Type.String() }),
        response: { 400: ProblemDetailsSchema, 404: ProblemDetailsSchema },
      },
    },
    async () => {
      throw new BulkheadError('BH_BAD_REQUEST', 'A session is opened as a WebSocket.', {
        hint: 'Send the headers of an upgrade, as `websocat` and the WebSocket libraries do.',
      })
    },
  )
}

function closedBy(attachment: Attachment, signal: AbortSignal): Attachment {
  if (signal.aborted) attachment.close()
  signal.addEventListener('abort', () => attachment.close(), { once: true })
  return attachment
}

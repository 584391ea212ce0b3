import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import type {
  Deployment,
  DeploymentEvent,
  DeploymentEventBody,
  Problem,
  ProjectStatus,
} from '@bulkhead/model'
import type { DeployRequest, ProjectLogLine, ProjectSummary } from '@bulkhead/client'
import type { Test } from 'tap'

/** What a deployment does: its events, and what it has to wait for before the last of them. */
export interface Script {
  readonly events?: readonly DeploymentEventBody[]
  readonly operations?: number
  readonly problem?: Problem
  readonly before?: Promise<void>
  /** Somebody else asks for this while it runs, and it gives way. */
  readonly rival?: DeployRequest
  /** Refused at once. */
  readonly refused?: readonly Problem[]
}

export interface FakeDaemon {
  readonly host: string
  readonly socket: string
  readonly requests: DeployRequest[]
  readonly contexts: Map<string, Buffer>
  readonly seen: string[]
  status: ProjectStatus | undefined
  projects: readonly ProjectSummary[]
  logs: readonly ProjectLogLine[]
  /** Pinned references by reference; others are not found. */
  pinned: Readonly<Record<string, string>>
  /** Script of the next deployments, by number from 0. */
  script: (request: DeployRequest, index: number) => Script
}

/** A daemon that speaks the contract and does as it is told, on a socket of its own. */
export async function fakeDaemon(t: Test): Promise<FakeDaemon> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-cli-'))
  const socket = join(folder, 'daemon.sock')
  const fake: FakeDaemon = {
    host: `unix://${socket}`,
    socket,
    requests: [],
    contexts: new Map(),
    seen: [],
    status: undefined,
    projects: [],
    logs: [],
    pinned: {},
    script: () => ({}),
  }
  const deployments: { readonly deployment: Deployment; readonly script: Script }[] = []
  const server = createServer((request, response) => {
    answer(fake, deployments, request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true })
  })
  return fake
}

/** It knows no events, so whoever follows them is told again and again to look. */
function tellToLook(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const tell = (): void => void response.write('event: look\ndata: {}\n\n')
  tell()
  const timer = setInterval(tell, 50)
  response.on('close', () => clearInterval(timer))
}

async function answer(
  fake: FakeDaemon,
  deployments: { readonly deployment: Deployment; readonly script: Script }[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://daemon')
  const [, , kind, name = '', part] = pathname.split('/').map(decodeURIComponent)
  fake.seen.push(`${request.method} ${request.url}`)
  const json = (body: unknown, status = 200) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const refuse = (status: number, problems: readonly Problem[]) =>
    json({ code: problems[0]?.code, detail: problems[0]?.message, hint: problems[0]?.hint, problems }, status)

  if (kind === 'version') {
    return json({
      version: '9.9.9',
      api: 'v1',
      node: 'v20',
      engine: { version: '26.1.5', apiVersion: '1.45' },
    })
  }
  if (kind === 'contexts') {
    if (request.method === 'HEAD') return void response.writeHead(fake.contexts.has(name) ? 200 : 404).end()
    fake.contexts.set(name, await buffer(request))
    return void response.writeHead(201).end()
  }
  if (kind === 'images') {
    const reference = searchParams.get('reference') ?? ''
    const pinned = fake.pinned[reference]
    if (pinned !== undefined) return json({ reference, digest: pinned.split('@')[1], pinned })
    const message = `No registry has ${reference}.`
    return refuse(422, [{ severity: 'error', code: 'BH_IMAGE_NOT_FOUND', message, hint: 'Check the name.' }])
  }
  if (kind === 'projects' && part === 'events') return tellToLook(response)
  if (kind === 'projects' && part === 'logs') return sendLogs(fake, searchParams, response)
  if (kind === 'projects' && name !== '') {
    if (fake.status !== undefined && fake.status.name === name) return json(fake.status)
    return refuse(404, [
      { severity: 'error', code: 'BH_PROJECT_NOT_FOUND', message: `No project "${name}".` },
    ])
  }
  if (kind === 'projects') return json({ projects: fake.projects })
  if (kind === 'deployments' && request.method === 'POST') {
    const wanted = JSON.parse(await text(request)) as DeployRequest
    const script = fake.script(wanted, fake.requests.length)
    fake.requests.push(wanted)
    if (script.refused !== undefined) return refuse(422, script.refused)
    deployments.push({ deployment: deploymentOf(wanted, String(deployments.length), script), script })
    const accepted = deployments.at(-1)?.deployment
    if (script.rival !== undefined)
      deployments.push({ deployment: deploymentOf(script.rival, String(deployments.length), {}), script: {} })
    return json({ ...accepted, state: 'queued' }, 202)
  }
  if (kind === 'deployments' && name === '')
    return json({ deployments: deployments.map(({ deployment }) => deployment).toReversed() })
  const found = deployments[Number(name)]
  if (kind !== 'deployments' || found === undefined) return refuse(404, [])
  if (part !== 'events') return json(found.deployment)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
  const { script, deployment } = found
  const last: DeploymentEventBody = {
    type: 'finished',
    outcome: deployment.state as 'succeeded' | 'failed',
    ...(script.problem === undefined ? {} : { problem: script.problem }),
  }
  ;(script.events ?? []).forEach((event, index) => send(response, index + 1, event))
  await script.before
  send(response, (script.events?.length ?? 0) + 1, last)
  response.end()
}

function send(response: ServerResponse, id: number, body: DeploymentEventBody): void {
  const event: DeploymentEvent = { id, time: '2026-01-31T12:00:00Z', ...body }
  response.write(`id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
}

/** A stream that is followed stays open, as the real one does. */
function sendLogs(fake: FakeDaemon, query: URLSearchParams, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const services = query.getAll('service')
  for (const line of fake.logs) {
    if (services.length > 0 && !services.includes(line.service)) continue
    response.write(`event: line\ndata: ${JSON.stringify(line)}\n\n`)
  }
  if (query.get('follow') !== 'true') response.end()
  else response.write(': open\n\n')
}

function deploymentOf(request: DeployRequest, id: string, script: Script): Deployment {
  return {
    id,
    project: request.project ?? '',
    action: request.action,
    revision: 1,
    state:
      script.rival === undefined ? (script.problem === undefined ? 'succeeded' : 'failed') : 'superseded',
    createdAt: '2026-01-31T12:00:00Z',
    finishedAt: '2026-01-31T12:00:01Z',
    operations: script.operations ?? script.events?.length ?? 0,
    problem: script.problem,
  }
}

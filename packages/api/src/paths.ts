/** Every path of the API, without a library: what a client needs at run time. */
export const paths = {
  version: '/v1/version',
  health: '/v1/health',
  ready: '/v1/ready',
  engine: '/v1/engine',
  projects: '/v1/projects',
  project: (name: string) => `/v1/projects/${encodeURIComponent(name)}`,
  /** `rests`: PUT has reconciling rest, DELETE has it go on. */
  projectSuspension: (name: string) => `/v1/projects/${encodeURIComponent(name)}/suspension`,
  projectRevisions: (name: string) => `/v1/projects/${encodeURIComponent(name)}/revisions`,
  projectRevision: (name: string, number: number) =>
    `/v1/projects/${encodeURIComponent(name)}/revisions/${number}`,
  explanation: (name: string, service: string) =>
    `/v1/projects/${encodeURIComponent(name)}/services/${encodeURIComponent(service)}/explanation`,
  projectRelease: (name: string) => `/v1/projects/${encodeURIComponent(name)}/release`,
  projectImages: (name: string) => `/v1/projects/${encodeURIComponent(name)}/images`,
  projectProcesses: (name: string) => `/v1/projects/${encodeURIComponent(name)}/processes`,
  projectLogs: (name: string) => `/v1/projects/${encodeURIComponent(name)}/logs`,
  projectEvents: (name: string) => `/v1/projects/${encodeURIComponent(name)}/events`,
  projectExecs: (name: string) => `/v1/projects/${encodeURIComponent(name)}/execs`,
  projectAttachments: (name: string) => `/v1/projects/${encodeURIComponent(name)}/attachments`,
  projectRuns: (name: string) => `/v1/projects/${encodeURIComponent(name)}/runs`,
  session: (id: string) => `/v1/sessions/${encodeURIComponent(id)}`,
  deployments: '/v1/deployments',
  deployment: (id: string) => `/v1/deployments/${encodeURIComponent(id)}`,
  deploymentEvents: (id: string) => `/v1/deployments/${encodeURIComponent(id)}/events`,
  events: '/v1/events',
  plans: '/v1/plans',
  plan: (id: string) => `/v1/plans/${encodeURIComponent(id)}`,
  config: '/v1/config',
  imageDigest: '/v1/images/digest',
  context: (digest: string) => `/v1/contexts/${encodeURIComponent(digest)}`,
  audit: '/v1/audit',
  backup: '/v1/backup',
  openapi: '/openapi.json',
  /** Prometheus' text format; at its customary place, outside of the versioned API. */
  metrics: '/metrics',
} as const

export const contentTypes = {
  json: 'application/json',
  problem: 'application/problem+json',
  events: 'text/event-stream',
  context: 'application/x-tar',
  backup: 'application/vnd.sqlite3',
} as const

/** Who asks, percent-encoded. */
export const actorHeader = 'bulkhead-actor'

/** In front of an error code, the `type` of a problem (RFC 9457). */
export const problemTypePrefix = 'urn:bulkhead:error:'

/** SSE `event` of each line on the logs' stream. */
export const logLineEvent = 'line'
/** SSE `event` of a logs' stream that has come to its end; without it the stream broke. */
export const logEndEvent = 'end'
/** SSE `event` with a problem as its data: the stream ends because of it. */
export const streamErrorEvent = 'error'

/** First byte of each binary message of a session. */
export const sessionChannels = { stdin: 0, stdout: 1, stderr: 2 } as const

/** SSE `event` of what happened to a container of a project. */
export const containerEvent = 'container'
/** SSE `event`: the stream is open, or something may have been missed: look at the project afresh. */
export const lookEvent = 'look'
/** SSE `event` of what is done for a one-off before it can be attached to; the data is a DeploymentEvent. */
export const runStepEvent = 'step'
/** SSE `event` of a one-off that is there; the data is a Session. */
export const runReadyEvent = 'ready'

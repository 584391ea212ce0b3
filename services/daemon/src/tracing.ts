import type * as Api from '@opentelemetry/api'
import type { Context, Span, Tracer } from '@opentelemetry/api'
import type { Observer, OperationReport, RoundReport } from '@bulkhead/reconciler'
import { ownVersion } from './version.ts'

/** A deployment that has ended. */
export interface EndedDeployment {
  readonly id: string
  readonly project: string
  readonly action: string
  readonly outcome: string
  /** ISO 8601. */
  readonly createdAt: string
  /** Of one that failed: `BH_…`. Messages stay here, as they may quote what somebody wrote. */
  readonly code: string | undefined
}

/** Makes spans of what the loop does: of each deployment, its rounds and their operations. */
export interface Tracing extends Observer {
  deploymentEnded(deployment: EndedDeployment): void
  /** Sends what waits to be sent. */
  stop(): Promise<void>
}

export const untraced: Tracing = {
  roundEnded: () => undefined,
  operationEnded: () => undefined,
  deploymentEnded: () => undefined,
  stop: () => Promise.resolve(),
}

/**
 * Spans by OTLP over HTTP, to where `OTEL_EXPORTER_OTLP_ENDPOINT` or
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` says; neither, or `OTEL_SDK_DISABLED`: none.
 * The other variables of the OpenTelemetry specification hold too. What it
 * takes is loaded only then.
 */
export async function createTracing(env: NodeJS.ProcessEnv): Promise<Tracing> {
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? ''
  if (endpoint === '' || env['OTEL_SDK_DISABLED'] === 'true') return untraced
  const [api, { TracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const named = resources.resourceFromAttributes({
    'service.name': 'bulkheadd',
    'service.version': ownVersion(),
  })
  const provider = new TracerProvider({
    resource: named.merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  return spansOf(provider.getTracer('bulkhead'), api, () => provider.shutdown())
}

interface Finished extends OperationReport {
  /** Milliseconds since the epoch. */
  readonly at: number
}

function spansOf(tracer: Tracer, api: typeof Api, shutdown: () => Promise<void>): Tracing {
  const root = api.ROOT_CONTEXT
  /** Deployments of which something has been told, by id. */
  const open = new Map<string, Span>()
  /** Operations of the round that a project is in: only its end tells when it began. */
  const pending = new Map<string, Finished[]>()

  const under = (span: Span | undefined): Context =>
    span === undefined ? root : api.trace.setSpan(root, span)
  const spanOf = (deployment: string, startTime: number): Span => {
    const known = open.get(deployment)
    if (known !== undefined) return known
    const span = tracer.startSpan(
      'deployment',
      { startTime, attributes: { 'bulkhead.deployment': deployment } },
      root,
    )
    open.set(deployment, span)
    return span
  }
  const end = (span: Span, at: number, failed: string | undefined): void => {
    if (failed !== undefined) {
      span.setAttribute('error.type', failed)
      span.setStatus({ code: api.SpanStatusCode.ERROR })
    }
    span.end(at)
  }

  return {
    operationEnded(report) {
      const known = pending.get(report.project) ?? []
      known.push({ ...report, at: Date.now() })
      pending.set(report.project, known)
    },
    roundEnded({ project, deployment, outcome, milliseconds, error }: RoundReport) {
      const operations = pending.get(project) ?? []
      pending.delete(project)
      // What finds nothing to do would be most of what is sent.
      if (outcome === 'settled' && deployment === undefined) return
      const now = Date.now()
      const startTime = now - milliseconds
      const parent = under(deployment === undefined ? undefined : spanOf(deployment, startTime))
      const attributes = { 'bulkhead.project': project, 'bulkhead.outcome': outcome }
      const round = tracer.startSpan('round', { startTime, attributes }, parent)
      for (const one of operations) {
        const { type, subject, service } = one.operation
        const span = tracer.startSpan(
          type,
          {
            startTime: one.at - one.milliseconds,
            attributes: {
              'bulkhead.project': project,
              'bulkhead.subject': subject,
              ...(service === undefined ? {} : { 'bulkhead.service': service }),
            },
          },
          under(round),
        )
        end(span, one.at, one.outcome === 'failed' ? (one.error?.code ?? 'failed') : undefined)
      }
      end(round, now, outcome === 'failed' ? (error?.code ?? 'failed') : undefined)
    },
    deploymentEnded({ id, project, action, outcome, createdAt, code }) {
      const span = spanOf(id, Date.parse(createdAt))
      open.delete(id)
      span.setAttributes({
        'bulkhead.project': project,
        'bulkhead.action': action,
        'bulkhead.outcome': outcome,
      })
      end(span, Date.now(), outcome === 'failed' ? (code ?? 'failed') : undefined)
    },
    stop: shutdown,
  }
}

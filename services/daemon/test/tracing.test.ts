import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { BulkheadError } from '@bulkhead/model'
import { createTracing, untraced } from '../src/tracing.ts'

interface Sent {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
  readonly status: { readonly code?: number }
}

void t.test('without an endpoint nothing must be traced', async (t) => {
  t.equal(await createTracing({}), untraced)
  t.equal(
    await createTracing({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }),
    untraced,
  )
})

void t.test(
  'a deployment must be one trace with its rounds and their operations, and quote nothing',
  async (t) => {
    const { address, bodies } = await collector(t)
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = address
    t.teardown(() => delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'])
    const tracing = await createTracing(process.env)
    const operation = (type: 'createContainer' | 'startContainer') => ({
      node: 0,
      type,
      subject: 'container shop-web-1',
      service: 'web',
      cause: 'environment HUSH has changed',
    })
    const where = { project: 'shop', deployment: 'd1' }
    const error = new BulkheadError('BH_ENGINE_FAILED', 'it says hush')
    tracing.operationEnded({
      ...where,
      operation: operation('createContainer'),
      outcome: 'done',
      milliseconds: 30,
    })
    tracing.operationEnded({
      ...where,
      operation: operation('startContainer'),
      outcome: 'failed',
      milliseconds: 20,
      error,
    })
    tracing.roundEnded({ ...where, outcome: 'failed', milliseconds: 60, error })
    tracing.roundEnded({ project: 'other', deployment: undefined, outcome: 'settled', milliseconds: 1 })
    tracing.deploymentEnded({
      id: 'd1',
      project: 'shop',
      action: 'up',
      outcome: 'failed',
      createdAt: new Date(Date.now() - 100).toISOString(),
      code: 'BH_ENGINE_FAILED',
    })
    await tracing.stop()

    const text = bodies.join('\n')
    t.notMatch(text, /hush/i)
    t.match(text, /"bulkheadd"/)
    const spans = bodies.flatMap((body) =>
      (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Sent[] }[] }[] }).resourceSpans.flatMap(
        ({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans),
      ),
    )
    const one = (name: string): Sent | undefined => spans.find((span) => span.name === name)
    t.equal(spans.length, 4, 'what found nothing to do is not sent')
    t.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1)
    t.equal(one('deployment')?.parentSpanId ?? '', '')
    t.equal(one('round')?.parentSpanId, one('deployment')?.spanId)
    t.equal(one('createContainer')?.parentSpanId, one('round')?.spanId)
    t.equal(one('startContainer')?.parentSpanId, one('round')?.spanId)
    const lasted = ({ startTimeUnixNano = '0', endTimeUnixNano = '0' }: Partial<Sent> = {}): number =>
      Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6
    t.equal(Math.round(lasted(one('createContainer'))), 30)
    t.equal(Math.round(lasted(one('round'))), 60)
    t.ok(lasted(one('deployment')) >= 60)
    t.equal(one('createContainer')?.status.code ?? 0, 0)
    t.equal(one('startContainer')?.status.code, 2)
    const said = Object.fromEntries(
      (one('startContainer')?.attributes ?? []).map(({ key, value }) => [key, value.stringValue]),
    )
    t.same(said, {
      'bulkhead.project': 'shop',
      'bulkhead.service': 'web',
      'bulkhead.subject': 'container shop-web-1',
      'error.type': 'BH_ENGINE_FAILED',
    })
  },
)

void t.test('a collector that is away must not hold up the end', async () => {
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'http://127.0.0.1:9'
  process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] = '500'
  const tracing = await createTracing(process.env)
  delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT']
  delete process.env['OTEL_EXPORTER_OTLP_TIMEOUT']
  tracing.roundEnded({ project: 'shop', deployment: undefined, outcome: 'changed', milliseconds: 1 })
  await tracing.stop().catch(() => undefined)
})

async function collector(t: {
  teardown(end: () => void): void
}): Promise<{ readonly address: string; readonly bodies: readonly string[] }> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => (body += String(part)))
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies }
}

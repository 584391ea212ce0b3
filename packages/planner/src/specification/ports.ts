import type { Service } from '@bulkhead/model'

/** `ExposedPorts`: what is published and what is exposed, `{"80/tcp": {}}`. */
export function exposedPorts(service: Service): Readonly<Record<string, object>> | undefined {
  const published = (service.ports ?? []).map(({ target, protocol = 'tcp' }) => `${target}/${protocol}`)
  const exposed = (service.expose ?? []).flatMap(expandExposed)
  const all = [...new Set([...published, ...exposed])]
  return all.length === 0 ? undefined : Object.fromEntries(all.map((port) => [port, {}]))
}

function expandExposed(entry: string): readonly string[] {
  const [range = '', protocol = 'tcp'] = entry.split('/')
  const [first = 0, last = first] = range.split('-').map(Number)
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`)
}

/** `PortBindings`; a published range is left to the engine, which takes the first free port of it. */
export function portBindings({ ports = [] }: Service): Readonly<Record<string, readonly unknown[]>> {
  const bindings: Record<string, unknown[]> = {}
  for (const { target, protocol = 'tcp', host_ip, published } of ports) {
    const key = `${target}/${protocol}`
    bindings[key] = [...(bindings[key] ?? []), { HostIp: host_ip ?? '', HostPort: published ?? '' }]
  }
  return bindings
}

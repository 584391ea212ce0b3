import type { Project, Service } from '@bulkhead/model'

/** The project with these services alone, what they depend on, and what all of them use. */
export function selectServices(project: Project, names: readonly string[]): Project {
  const known = { ...project.disabledServices, ...project.services }
  const chosen = new Set<string>()
  const choose = (name: string) => {
    if (chosen.has(name)) return
    chosen.add(name)
    for (const dependency of Object.keys(known[name]?.depends_on ?? {})) choose(dependency)
  }
  names.forEach(choose)
  const services = pick(known, chosen)
  const all = Object.values(services)
  return {
    ...project,
    services,
    networks: pick(project.networks, new Set(all.flatMap(({ networks }) => Object.keys(networks ?? {})))),
    volumes: pick(project.volumes, new Set(all.flatMap(volumesOf))),
    secrets: pick(project.secrets, new Set(all.flatMap(secretsOf))),
    configs: pick(
      project.configs,
      new Set(all.flatMap(({ configs = [] }) => configs.map(({ source }) => source))),
    ),
    models: pick(project.models, new Set(all.flatMap(({ models }) => Object.keys(models ?? {})))),
  }
}

function volumesOf({ volumes = [] }: Service): readonly string[] {
  return volumes.flatMap(({ type, source }) => (type === 'volume' && source !== undefined ? [source] : []))
}

function secretsOf({ secrets = [], build }: Service): readonly string[] {
  return [...secrets, ...(build?.secrets ?? [])].map(({ source }) => source)
}

function pick<T>(all: Readonly<Record<string, T>>, names: ReadonlySet<string>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)))
}

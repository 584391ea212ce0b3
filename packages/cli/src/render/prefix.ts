import type { Colors } from './color.ts'

type Paint = (text: string) => string

/** `db-web-web-1` of project `db-web` is `web-1`; other names stay. */
export function shortName(container: string, project: string): string {
  return container.startsWith(`${project}-`) ? container.slice(project.length + 1) : container
}

/** Gives each container of a project a prefix as wide as the widest seen, in a color of its service. */
export interface Prefixer {
  /** Makes room for names that are known before their first line. */
  expect(containers: readonly string[]): void
  prefix(container: string, service: string): string
}

export function createPrefixer(project: string, colors: Colors): Prefixer {
  const paints = palette(colors)
  const paintOf = new Map<string, Paint>()
  let width = 0
  const widen = (container: string) => {
    width = Math.max(width, shortName(container, project).length)
  }
  return {
    expect: (containers) => containers.forEach(widen),
    prefix(container, service) {
      widen(container)
      const paint = paintOf.get(service) ?? paints[paintOf.size % paints.length] ?? colors.cyan
      paintOf.set(service, paint)
      return paint(`${shortName(container, project).padEnd(width + 1)} | `)
    },
  }
}

function palette(colors: Colors): readonly Paint[] {
  return [
    colors.cyan,
    colors.yellow,
    colors.green,
    colors.magenta,
    colors.blue,
    colors.cyanBright,
    colors.yellowBright,
    colors.greenBright,
    colors.magentaBright,
    colors.blueBright,
  ]
}

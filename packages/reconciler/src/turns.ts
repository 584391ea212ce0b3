/** A bounded number of places, given to projects in turn. */
export interface Turns {
  /** Does some work in a place, once there is one for the project. */
  take<T>(project: string, work: () => Promise<T>): Promise<T>
  /** How many wait for a place. */
  waiting(): number
}

export interface TurnsOptions {
  /** Places in all. */
  readonly places: number
  /** Places that one project may have at once: the rest is for the others. @default three quarters */
  readonly each?: number
}

interface Line {
  readonly waiting: (() => void)[]
  taken: number
}

/**
 * Whoever waits longest within a project comes first; among projects, the one
 * that has the fewest places, and of these the one whose last turn is longest
 * ago. One with hundreds of operations holds up nobody.
 */
export function newTurns({ places, each = Math.max(1, Math.ceil((places * 3) / 4)) }: TurnsOptions): Turns {
  /** In the order of their turns: whoever had one goes to the end. */
  const lines = new Map<string, Line>()
  let free = places

  function next(): void {
    if (free === 0) return
    const open = [...lines].filter(([, { waiting, taken }]) => waiting.length > 0 && taken < each)
    const [project, line] = open.reduce<[string, Line] | []>(
      (least, one) => (least[1] === undefined || one[1].taken < least[1].taken ? one : least),
      [],
    )
    const begin = line?.waiting.shift()
    if (project === undefined || line === undefined || begin === undefined) return
    lines.delete(project)
    lines.set(project, line)
    free -= 1
    line.taken += 1
    begin()
  }

  return {
    async take(project, work) {
      const line = lines.get(project) ?? { waiting: [], taken: 0 }
      lines.set(project, line)
      await new Promise<void>((resolve) => {
        line.waiting.push(resolve)
        next()
      })
      try {
        return await work()
      } finally {
        free += 1
        line.taken -= 1
        if (line.taken === 0 && line.waiting.length === 0) lines.delete(project)
        next()
      }
    },
    waiting: () => [...lines.values()].reduce((sum, line) => sum + line.waiting.length, 0),
  }
}

import type { Observed, ObservedContainer } from '@bulkhead/model'
import { divergence, isLost, type Wanted } from './divergence.ts'
import { containerName, isTemporaryName } from './names.ts'

/** What becomes of one replica, or of one container that is none. */
export type Decision =
  | { readonly kind: 'keep'; readonly number: number; readonly container: ObservedContainer }
  | {
      readonly kind: 'create'
      readonly number: number
      readonly cause: string
      /** Removed before, so that a volume can be made again: its anonymous volumes go on. */
      readonly replaced?: ObservedContainer
    }
  | {
      readonly kind: 'replace'
      readonly number: number
      readonly container: ObservedContainer
      readonly cause: string
    }
  /** The replacement was made and the round that made it did not get further. */
  | {
      readonly kind: 'finish'
      readonly number: number
      readonly replaced: readonly ObservedContainer[]
      readonly container: ObservedContainer
    }
  | { readonly kind: 'remove'; readonly container: ObservedContainer; readonly cause: string }

/**
 * What becomes of each container of a service, and which are missing.
 *
 * A replica keeps its number and name. Too many: those that diverge leave
 * first, then the highest numbers. A temporary name is a replacement that was
 * interrupted: finished when it is what is wanted, else removed. `frozen`: what
 * is there stays though it diverges, and only what is missing or too many is put right.
 */
export function decide(
  wanted: Wanted,
  replicas: number,
  observed: Observed,
  frozen = false,
): readonly Decision[] {
  const { service } = wanted
  const containers = observed.containers.filter((one) => one.service === service.name && !one.oneOff)
  const slots = new Map<number, ObservedContainer[]>()
  for (const container of containers) {
    const number = container.number ?? 0
    slots.set(number, [...(slots.get(number) ?? []), container])
  }
  const judged = [...slots].map(([number, all]) => judgeSlot(number, all, wanted, observed, frozen))
  const ranked = judged.sort((a, b) => Number(a.diverges) - Number(b.diverges) || a.number - b.number)
  const kept = ranked.filter(({ number }) => number > 0).slice(0, replicas)
  const surplus = ranked.filter((slot) => !kept.includes(slot))
  const missing = freeNumbers(new Set(kept.map(({ number }) => number)), replicas - kept.length)
  return [
    ...kept.sort((a, b) => a.number - b.number).flatMap(({ decisions }) => decisions),
    ...missing.map((number): Decision => ({ kind: 'create', number, cause: 'not found' })),
    ...surplus.flatMap(({ all }) =>
      all.map((container): Decision => ({ kind: 'remove', container, cause: 'more than asked for' })),
    ),
  ]
}

/** The containers of a service as they are: nothing is made, replaced or removed. */
export function keepAll({ service }: Wanted, { containers }: Observed): readonly Decision[] {
  return containers
    .filter((one) => one.service === service.name && !one.oneOff && !isLost(one))
    .sort((a, b) => (a.number ?? 0) - (b.number ?? 0) || byAge(a, b))
    .map((container) => ({ kind: 'keep', number: container.number ?? 1, container }))
}

interface Slot {
  readonly number: number
  readonly all: readonly ObservedContainer[]
  readonly diverges: boolean
  readonly decisions: readonly Decision[]
}

function judgeSlot(
  number: number,
  all: readonly ObservedContainer[],
  wanted: Wanted,
  observed: Observed,
  frozen: boolean,
): Slot {
  const name = containerName(wanted.project, wanted.service, number)
  const temporary = all.filter((one) => isTemporaryName(one.name, name))
  const settled = all.filter((one) => !temporary.includes(one)).sort(byAge)
  const causeOf = (one: ObservedContainer): string | undefined => divergence(one, wanted, observed)
  const current = settled.find((one) => causeOf(one) === undefined)
  const discard = (list: readonly ObservedContainer[], cause: string): readonly Decision[] =>
    list.map((container) => ({ kind: 'remove', container, cause }))
  const leftovers = 'left by an interrupted replacement'

  if (current !== undefined) {
    const others = settled.filter((one) => one !== current)
    return {
      number,
      all,
      diverges: false,
      decisions: [
        { kind: 'keep', number, container: current },
        ...discard(others, 'duplicate'),
        ...discard(temporary, leftovers),
      ],
    }
  }
  const present = frozen ? settled.find((one) => !isLost(one)) : undefined
  if (present !== undefined) {
    return {
      number,
      all,
      diverges: true,
      decisions: [
        { kind: 'keep', number, container: present },
        ...discard(
          settled.filter((one) => one !== present),
          'duplicate',
        ),
        ...discard(temporary, leftovers),
      ],
    }
  }
  const replacement = temporary.find((one) => causeOf(one) === undefined)
  if (replacement !== undefined) {
    const others = temporary.filter((one) => one !== replacement)
    return {
      number,
      all,
      diverges: false,
      decisions: [
        { kind: 'finish', number, replaced: settled, container: replacement },
        ...discard(others, leftovers),
      ],
    }
  }
  const [old, ...others] = settled.length > 0 ? settled : temporary
  if (old === undefined) throw new Error('a slot has at least one container')
  return {
    number,
    all,
    diverges: true,
    decisions: [
      ...discard([...others, ...temporary.filter((one) => one !== old && !others.includes(one))], leftovers),
      { kind: 'replace', number, container: old, cause: causeOf(old) ?? 'configuration changed' },
    ],
  }
}

/** Running before stopped, then older before newer. */
function byAge(a: ObservedContainer, b: ObservedContainer): number {
  const running = Number(b.state === 'running') - Number(a.state === 'running')
  return running || a.createdAt.localeCompare(b.createdAt)
}

function freeNumbers(taken: ReadonlySet<number>, count: number): readonly number[] {
  const free: number[] = []
  for (let number = 1; free.length < count; number += 1) if (!taken.has(number)) free.push(number)
  return free
}

import type { FieldChange, PlanAction, PlanActionKind, PlanDocument } from '@bulkhead/model'
import type { Colors } from '../render/color.ts'

/**
 * A plan as a person reads it: each service, and what several share, in the
 * order in which their turn comes, and a count at the end.
 *
 *     web
 *       ~ replace  container shop-web-1  configuration changed: environment.GREETING
 *           environment.GREETING: hi → hello
 */
export function renderPlan(plan: PlanDocument, colors: Colors): string {
  const { actions, unknowns, project, action } = plan
  if (actions.length === 0) return `Nothing to do: ${project} is as asked for.\n`
  const width = Math.max(...actions.map(({ subject }) => subject.length))
  const groups = [...new Set(actions.map(({ service }) => service))]
  const sections = groups.map((service) => {
    const own = actions.filter((one) => one.service === service)
    const notes = unknowns.filter((one) => one.service === service).map(({ message }) => message)
    return [
      `  ${colors.bold(service ?? 'shared')}`,
      ...own.flatMap((one) => actionLines(one, width, colors)),
      ...notes.map((note) => `    ${colors.yellow('?')} ${note}`),
    ].join('\n')
  })
  const others = unknowns.filter(({ service }) => !groups.includes(service))
  const rest = others.map(
    ({ service, message }) => `  ${colors.bold(service)}\n    ${colors.yellow('?')} ${message}`,
  )
  return [
    colors.bold(`Plan of ${action} for ${project}`),
    ...sections,
    ...rest,
    `Plan: ${countsOf(actions)}.`,
    '',
  ].join('\n')
}

/** `1 to create, 2 to replace`. */
export function countsOf(actions: readonly PlanAction[]): string {
  const counts = new Map<PlanActionKind, number>()
  for (const { kind } of actions) if (kind !== 'wait') counts.set(kind, (counts.get(kind) ?? 0) + 1)
  if (counts.size === 0) return 'nothing to do'
  return [...counts].map(([kind, count]) => `${count} to ${kind}`).join(', ')
}

/** True when carrying it out would change something. */
export function changesSomething({ actions }: PlanDocument): boolean {
  return actions.some(({ kind }) => kind !== 'wait')
}

/** Longest name of a kind of action. */
const kindWidth = 7

function actionLines(
  { kind, subject, cause, changes = [] }: PlanAction,
  width: number,
  colors: Colors,
): readonly string[] {
  const [sign, paint] = signs(colors)[kind]
  const head = `    ${paint(`${sign} ${kind.padEnd(kindWidth)}  ${subject.padEnd(width)}`)}  ${colors.dim(cause)}`
  return [head, ...changes.map((change) => `        ${changeText(change, colors)}`)]
}

type Sign = readonly [sign: string, paint: (text: string) => string]

function signs({ green, red, yellow, dim }: Colors): Readonly<Record<PlanActionKind, Sign>> {
  return {
    pull: ['+', green],
    build: ['+', green],
    push: ['>', yellow],
    create: ['+', green],
    start: ['+', green],
    replace: ['~', yellow],
    restart: ['~', yellow],
    change: ['~', yellow],
    stop: ['-', red],
    remove: ['-', red],
    run: ['>', yellow],
    wait: ['.', dim],
  }
}

function changeText(change: FieldChange, colors: Colors): string {
  const { path } = change
  const hasOld = 'old' in change
  const hasNew = 'new' in change
  if (hasOld && hasNew)
    return `${path}: ${colors.red(shown(change.old))} → ${colors.green(shown(change.new))}`
  if (hasNew) return `${path}: ${colors.green(`+ ${shown(change.new)}`)}`
  if (hasOld) return `${path}: ${colors.red(`- ${shown(change.old)}`)}`
  return `${path}: is different`
}

/** More of a value is no help on a terminal; JSON has all of it. */
const longest = 100

/** In quotes unless it is a plain word: blanks and control characters show. */
function shown(value: unknown): string {
  const text =
    typeof value === 'string' && /^[\w./:@%+,*=-]+$/.test(value)
      ? value
      : (JSON.stringify(value) ?? 'nothing')
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}

import type { ErrorCode } from '@bulkhead/model'
import type { Problems } from './problems.ts'
import { suggest } from './schema/suggest.ts'
import { positionIn, type Mapping, type Path } from './tree.ts'

/** What the checks of services look at. */
export interface Checked {
  /** The whole document: networks, volumes, … that services refer to. */
  readonly document: Mapping
  readonly enabled: Mapping
  readonly disabled: Mapping
  readonly problems: Problems
}

/** The service that is looked at. */
export interface Subject extends Checked {
  readonly name: string
  readonly service: Mapping
}

export interface Complaint {
  readonly code?: ErrorCode
  readonly hint: string
  readonly token?: 'key' | 'value'
}

/** Reports an error of a service at an element of it. */
export function complain(
  subject: Subject,
  path: Path,
  message: string,
  { code = 'BH_COMPOSE_INVALID', hint, token = 'value' }: Complaint,
): void {
  const { problems, enabled, name } = subject
  const at = positionIn(enabled, [name, ...path], token)
  problems.error(code, message, { at, hint, path: ['services', name, ...path] })
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** A name that was probably meant. */
export function suggestion(name: string, known: Mapping | undefined): string {
  const meant = suggest(name, Object.keys(known ?? {}))
  return meant === undefined ? '' : `, or write "${meant}" if that was meant`
}

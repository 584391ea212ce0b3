/** Each is a word of its own in `bulkhead events`; `container` ones are the engine's. */
export const projectEventTypes = [
  'container',
  'deployment',
  'round',
  'operation',
  'drift',
  'hold',
  'breaker',
  'custody',
] as const
export type ProjectEventType = (typeof projectEventTypes)[number]

/** Something that happened to a project: what the engine told of its containers, and what Bulkhead did or found. */
export interface ProjectEvent {
  /** Ascends from event to event, over restarts of the daemon too. Serves as SSE id. */
  readonly sequence: number
  /** ISO 8601; of the engine's events by its clock. */
  readonly time: string
  readonly project: string
  readonly type: ProjectEventType
  /** What happened: `start`, `die`; `queued`, `failed`; `found`; `open`. */
  readonly action: string
  readonly service?: string
  /** Of the container or deployment. */
  readonly id?: string
  /** What else is to be told; secrets are masked. */
  readonly attributes: Readonly<Record<string, string>>
}

/** One that is yet to be written down. */
export type NewProjectEvent = Omit<ProjectEvent, 'sequence' | 'time'> & { readonly time?: string }

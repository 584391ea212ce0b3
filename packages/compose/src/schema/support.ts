/**
 * What becomes of an attribute: `works`; `refused` by the engine or before, so
 * that the service isn't started; `ignored`, as Compose or the engine ignores
 * it; `pending`: it is read, checked and printed, but not acted on so far.
 */
export type SupportState = 'works' | 'refused' | 'ignored' | 'pending'

export interface Support {
  readonly linux: SupportState
  readonly windows: SupportState
  /** Why, or how. */
  readonly note?: string
}

export const works: Support = { linux: 'works', windows: 'works' }

/** For what the file says to the loader alone. */
export function loader(note: string): Support {
  return { linux: 'works', windows: 'works', note }
}

/** The Windows engine has no such thing. */
export function linuxOnly(note = 'A Windows engine has no such setting.'): Support {
  return { linux: 'works', windows: 'refused', note }
}

export function windowsOnly(note = 'A Linux engine ignores it.'): Support {
  return { linux: 'ignored', windows: 'works', note }
}

export function ignored(note: string): Support {
  return { linux: 'ignored', windows: 'ignored', note }
}

export function refused(note: string): Support {
  return { linux: 'refused', windows: 'refused', note }
}

/** Of both the project's models and a service's. */
export const modelNote = "Through Docker's plugin `model`, where the daemon runs; refused without it."

export function later(note: string): Support {
  return { linux: 'pending', windows: 'pending', note }
}

/** What a short form turned out to be: its long form, or what is wrong with it. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: ShortProblem }

/** A mistake in a short form. It has no place of its own: the caller knows where the value was written. */
export interface ShortProblem {
  readonly message: string
  /** One imperative sentence: the next step. */
  readonly hint?: string | undefined
}

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

export function refused(
  message: string,
  hint?: string,
): { readonly ok: false; readonly problem: ShortProblem } {
  return { ok: false, problem: { message, hint } }
}

/** The value for a message: quoted, and cut where it is long. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`
}

import { Type } from 'typebox'
import type { Static, TSchema, TUnsafe } from 'typebox'

/** A type as JSON carries it: what is undefined is left out. */
export type Wire<T> = T extends readonly (infer Item)[] ? Wire<Item>[] : T extends object ? WireObject<T> : T

type WireObject<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: Wire<T[K]>
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Wire<Exclude<T[K], undefined>>
}

type Matching<T, S extends TSchema> = [Wire<T>] extends [Wire<Static<S>>]
  ? [Wire<Static<S>>] extends [Wire<T>]
    ? S
    : 'the schema allows what the type does not'
  : 'the type allows what the schema does not'

/**
 * A schema for a type of the model. Does not compile unless the two allow
 * exactly the same JSON; what it validates is typed as the model's own type.
 */
export function shapeOf<T>(): <S extends TSchema>(schema: S & Matching<T, S>) => TUnsafe<T> {
  return (schema) => Type.Unsafe<T>(schema)
}

type Json = Readonly<Record<string, unknown>>

/**
 * Moves schemas that have a title to `components`, each once, and refers to
 * them: the document as people and generators want it, from schemas that are
 * plain values in the code.
 */
export function withComponents(document: Json): Json {
  const components: Record<string, unknown> = {}

  const hoist = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(hoist)
    if (!isObject(value)) return value
    const inside = Object.fromEntries(
      Object.entries(value).flatMap(([key, field]) => (key.startsWith('~') ? [] : [[key, hoist(field)]])),
    )
    const { title } = value
    if (typeof title !== 'string' || !isSchema(value)) return inside
    const { title: _title, ...schema } = inside
    components[title] = schema
    return { $ref: `#/components/schemas/${title}` }
  }

  const paths = hoist(document['paths'])
  const sorted = Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...document, paths, components: { schemas: sorted } }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

function isSchema(value: Json): boolean {
  return 'type' in value || 'anyOf' in value || 'enum' in value
}

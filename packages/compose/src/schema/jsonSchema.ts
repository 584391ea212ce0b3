import { document } from './document.ts'
import type { Field, Fields, Shape, Text } from './shape.ts'

export type JsonSchema = { readonly [keyword: string]: unknown }

/**
 * The file format as JSON Schema (draft-07), for editors and validators. Each
 * mapping with known keys becomes a definition.
 */
export function toJsonSchema(root: Fields = document): JsonSchema {
  const definitions = new Map<Fields, { readonly name: string; schema: JsonSchema }>()
  const schema = convertFields(root, definitions)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Compose file, with the extensions of Bulkhead',
    ...schema,
    definitions: Object.fromEntries(
      [...definitions.values()].map(({ name, schema }) => [name, schema] as const).sort(byName),
    ),
  }
}

type Definitions = Map<Fields, { readonly name: string; schema: JsonSchema }>

function convert(shape: Shape, definitions: Definitions): JsonSchema {
  switch (shape.kind) {
    case 'text':
      return convertText(shape)
    case 'number': {
      const type = shape.integer ? 'integer' : 'number'
      return { type: shape.text ? [type, 'string'] : type, ...range(shape.minimum, shape.maximum) }
    }
    case 'flag':
      return { type: shape.text ? ['boolean', 'string'] : 'boolean' }
    case 'nothing':
      return { type: 'null' }
    case 'anything':
      return {}
    case 'list': {
      const items = convert(shape.items, definitions)
      return { type: 'array', items, ...(shape.unique ? { uniqueItems: true } : {}) }
    }
    case 'table': {
      const values = convert(shape.values, definitions)
      if (shape.keys === undefined) return { type: 'object', additionalProperties: values }
      return {
        type: 'object',
        patternProperties: { [shape.keys.source]: values },
        additionalProperties: false,
      }
    }
    case 'fields':
      return reference(shape, definitions)
    case 'either':
      return { anyOf: shape.shapes.map((option) => convert(option, definitions)) }
  }
}

function convertText({ choices, pattern }: Text): JsonSchema {
  if (choices === undefined)
    return { type: 'string', ...(pattern === undefined ? {} : { pattern: pattern.source }) }
  if (pattern === undefined) return { type: 'string', enum: choices }
  return { type: 'string', anyOf: [{ enum: choices }, { pattern: pattern.source }] }
}

function reference(shape: Fields, definitions: Definitions): JsonSchema {
  const known = definitions.get(shape)
  if (known !== undefined) return { $ref: `#/definitions/${known.name}` }
  const taken = new Set([...definitions.values()].map(({ name }) => name))
  const base = shape.noun.replace(/^an? /, '').replaceAll(/[^a-zA-Z]+/g, '_')
  let name = base
  for (let number = 2; taken.has(name); number += 1) name = `${base}_${number}`
  const entry = { name, schema: {} as JsonSchema }
  definitions.set(shape, entry)
  entry.schema = convertFields(shape, definitions)
  return { $ref: `#/definitions/${name}` }
}

function convertFields(shape: Fields, definitions: Definitions): JsonSchema {
  const properties = Object.entries(shape.fields).map(
    ([key, field]) => [key, property(field, definitions)] as const,
  )
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(shape.required.length > 0 ? { required: shape.required } : {}),
    patternProperties: { '^x-': {} },
    additionalProperties: false,
  }
}

/** Keywords beside a `$ref` are ignored in draft-07, so the description stands outside of it. */
function property({ shape, about }: Field, definitions: Definitions): JsonSchema {
  const schema = convert(shape, definitions)
  return '$ref' in schema ? { description: about, allOf: [schema] } : { description: about, ...schema }
}

function range(minimum: number | undefined, maximum: number | undefined): JsonSchema {
  return { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) }
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}

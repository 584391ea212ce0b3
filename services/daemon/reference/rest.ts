/** What the page reads of an OpenAPI document. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

interface Operation {
  readonly summary: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: Schema
  readonly description?: string
}

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly description?: string
  readonly pattern?: string
}

/** The REST API as a page to read, from its OpenAPI document. */
export function restPage(text: string): string {
  const { paths, components } = JSON.parse(text) as Document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationEntry(method, path, operation)),
  )
  const types = Object.entries(components.schemas).map(([name, schema]) => typeEntry(name, schema))
  return `# REST API

The daemon serves HTTP on its Unix socket, JSON in and out. Answers that are not 2xx are problems (RFC 9457,
\`application/problem+json\`): see [ProblemDetails](#problemdetails) and [the codes](errors.md). The same as data:
\`GET /openapi.json\` of a running daemon, or [openapi.json](openapi.json).

\`\`\`sh
curl --unix-socket /run/bulkhead/bulkhead.sock http://localhost/v1/version
\`\`\`

<!-- Made by \`npm run reference -w services/daemon\` from the schemas of packages/api. -->

## Paths

${operations.join('\n')}
## Types

Fields marked with \`?\` may be left out.

${types.join('\n')}`
}

function operationEntry(method: string, path: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation
  const lines = [
    ...parameters.map(
      (parameter) =>
        `- ${parameter.in} \`${parameter.name}${parameter.required === true ? '' : '?'}\`: ${typeText(parameter.schema)}${sentence(parameter.description ?? parameter.schema.description)}`,
    ),
    ...(requestBody === undefined ? [] : [`- body: ${contentText(requestBody.content)}`]),
    ...Object.entries(responses).map(([status, { content }]) => `- ${status}${answerText(content)}`),
  ]
  const about = description === undefined ? '' : `${description}\n\n`
  return `### ${method.toUpperCase()} ${path}\n\n${summary}.\n\n${about}${lines.join('\n')}\n`
}

function answerText(content: Content | undefined): string {
  const text = content === undefined ? '' : contentText(content)
  return text === '' || text === '`null`' ? '' : `: ${text}`
}

function contentText(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const shown = schema === undefined ? '' : typeText(schema)
      return type === 'application/json' ? shown : `${shown} as \`${type}\``
    })
    .join(', ')
}

function typeEntry(name: string, schema: Schema): string {
  const about = schema.description === undefined ? '' : `${schema.description}\n\n`
  return `### ${name}\n\n${about}${shapeText(schema)}\n`
}

function shapeText(schema: Schema): string {
  if (schema.properties !== undefined) return fields(schema)
  if (schema.anyOf !== undefined) {
    return `One of:\n\n${schema.anyOf.map((variant) => `- ${typeText(variant)}`).join('\n')}`
  }
  const pattern = schema.pattern === undefined ? '' : `, \`${schema.pattern}\``
  return `${typeText(schema)}${pattern}`
}

function fields({ properties = {}, required = [] }: Schema): string {
  return Object.entries(properties)
    .map(([name, schema]) => {
      const mark = required.includes(name) ? '' : '?'
      return `- \`${name}${mark}\`: ${typeText(schema)}${sentence(schema.description)}`
    })
    .join('\n')
}

function typeText(schema: Schema): string {
  const { $ref, anyOf, items, patternProperties, additionalProperties, properties, type } = schema
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1)
    return `[${name}](#${name.toLowerCase()})`
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ')
  if (anyOf !== undefined) return anyOf.map(typeText).join(' or ')
  if (items !== undefined) return `list of ${typeText(items)}`
  const values = patternProperties === undefined ? additionalProperties : Object.values(patternProperties)[0]
  if (typeof values === 'object') return `map of ${typeText(values)}`
  if (properties !== undefined) {
    const inside = Object.entries(properties).map(([name, field]) => {
      const mark = schema.required?.includes(name) === true ? '' : '?'
      return `\`${name}${mark}\` ${typeText(field)}`
    })
    return `object of ${inside.join(', ')}`
  }
  return type === undefined ? 'anything' : `\`${type}\``
}

function sentence(description: string | undefined): string {
  return description === undefined ? '' : `. ${description}`
}

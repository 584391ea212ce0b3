import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { fragments, samples } from './samples.ts'
import type { Files } from './project.ts'

/** Files of real projects, where they are at hand. */
export function readCorpus(): readonly string[] {
  const cases = new URL('../../../../shared/corpus/cases/', import.meta.url)
  if (!existsSync(cases)) return []
  const texts: string[] = []
  for (const name of readdirSync(cases)) {
    const folder = new URL(`${name}/`, cases)
    for (const file of readdirSync(folder)) {
      if (!/\.ya?ml$/.test(file)) continue
      const text = readFileSync(new URL(file, folder), 'utf8')
      if (text.length < 20_000) texts.push(text)
    }
  }
  return texts
}

interface Mutation {
  readonly kind: 'insert' | 'replace' | 'delete' | 'copy' | 'indent' | 'swap' | 'cut' | 'splice'
  readonly at: number
  readonly other: number
  readonly fragment: string
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('insert', 'replace', 'delete', 'copy', 'indent', 'swap', 'cut', 'splice'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  other: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  fragment: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...fragments) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  ),
})

/** A file that has been broken in a few places. */
function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(texts.length - 1), fc.array(mutation, { minLength: 1, maxLength: 5 }))
    .map(([index, mutations]) =>
      mutations.reduce((text, one) => mutate(text, one, texts), texts[index] ?? ''),
    )
}

function mutate(text: string, { kind, at, other, fragment }: Mutation, texts: readonly string[]): string {
  const offset = Math.floor(at * (text.length + 1))
  const end = Math.min(text.length, offset + 1 + Math.floor(other * 12))
  const lines = text.split('\n')
  const line = Math.floor(at * lines.length)
  switch (kind) {
    case 'insert':
      return text.slice(0, offset) + fragment + text.slice(offset)
    case 'replace':
      return text.slice(0, offset) + fragment + text.slice(end)
    case 'delete':
      return text.slice(0, offset) + text.slice(end)
    case 'cut':
      return text.slice(0, offset)
    case 'copy':
      lines.splice(Math.floor(other * lines.length), 0, lines[line] ?? '')
      return lines.join('\n')
    case 'indent':
      lines[line] = other < 0.5 ? `  ${lines[line] ?? ''}` : (lines[line] ?? '').replace(/^ {1,2}/, '')
      return lines.join('\n')
    case 'swap': {
      const second = Math.floor(other * lines.length)
      const kept = lines[line] ?? ''
      lines[line] = lines[second] ?? ''
      lines[second] = kept
      return lines.join('\n')
    }
    case 'splice': {
      const source = texts[Math.floor(other * texts.length)] ?? ''
      return text.slice(0, offset) + source.slice(Math.floor(at * source.length))
    }
  }
}

const keyNames = `services web db image build command ports volumes networks environment env_file
  extends service file depends_on deploy resources limits healthcheck test interval secrets configs
  include path profiles external name labels ulimits x-a x-bulkhead __proto__ target source type
  condition models content`.split(/\s+/)
const keys = fc.constantFrom(...keyNames)

/** Any data under keys that mean something. */
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.oneof(fc.constantFrom(...fragments), fc.boolean(), fc.integer(), fc.double(), fc.constant(null)),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(keys, tie('tree'), { maxKeys: 4 }),
  ),
}))

const structured = fc
  .record({ services: fc.dictionary(keys, fc.dictionary(keys, tree), { maxKeys: 4 }) }, { requiredKeys: [] })
  .chain((base) =>
    fc.dictionary(keys, tree, { maxKeys: 3 }).map((more) => JSON.stringify({ ...more, ...base })),
  )

const envText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...fragments,
        'A=1',
        'B="$A\\n"',
        "C='x",
        'export D',
        'TAG=2',
        'COMPOSE_PROFILES=debug',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { maxLength: 8 },
  )
  .map((lines) => lines.join('\n'))

/** A whole project: the first file is broken, the others often are. */
export function projects(corpus: readonly string[]): fc.Arbitrary<Files> {
  const sources = [...samples, ...corpus]
  const file = fc.oneof(
    { weight: 6, arbitrary: mutated(samples) },
    { weight: corpus.length > 0 ? 4 : 0, arbitrary: mutated(sources) },
    { weight: 3, arbitrary: structured },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  )
  const other = fc.oneof(fc.constantFrom(...samples), file)
  return fc.record(
    {
      'compose.yaml': file,
      'compose.override.yaml': other,
      'other.yaml': other,
      'third.yaml': other,
      '.env': envText,
      'a.env': envText,
      'b.env': envText,
    },
    { requiredKeys: ['compose.yaml'] },
  )
}

import { describeShape, describeValue, oneOf } from './describe.ts'
import { document } from './document.ts'
import type { Fields, List, Numeric, Shape, Table, Text } from './shape.ts'
import { formerServiceAttributes, service } from './service.ts'
import { build } from './build.ts'
import { deploy } from './deploy.ts'
import { didYouMean } from './suggest.ts'

/** One thing in a document that the file format doesn't allow. */
export interface Violation {
  readonly path: readonly (string | number)[]
  /** The token that is wrong: the last key of the path, or its value. */
  readonly token: 'key' | 'value'
  readonly message: string
  readonly hint?: string | undefined
}

export interface ValidateOptions {
  /** Variables are still in the texts: a text with a `$` may become anything. */
  readonly templates?: boolean | undefined
}

/** A document with more mistakes than this is not a Compose file. */
export const maximumViolations = 100

/**
 * Checks the data of one YAML document against the Compose file format, `x-*`
 * and `x-bulkhead` included. All mistakes at once, in the order of the document.
 *
 * @param value Plain data: strings, numbers, booleans, null, arrays, objects.
 * @see https://github.com/compose-spec/compose-spec/blob/main/spec.md
 */
export function validateDocument(value: unknown, options: ValidateOptions = {}): readonly Violation[] {
  return check(document, value, [], options)
}

/** Checks the value of one attribute; its key is the first of the path. */
export function validateAttribute(shape: Fields, key: string, value: unknown): readonly Violation[] {
  const known = shape.fields[key]
  return known === undefined ? [] : check(known.shape, value, [key], {})
}

function check(
  shape: Shape,
  value: unknown,
  path: readonly string[],
  { templates = false }: ValidateOptions,
): readonly Violation[] {
  const state: Check = { templates, path: [...path], violations: [], parent: undefined }
  visit(state, shape, value)
  return state.violations
}

interface Check {
  readonly templates: boolean
  readonly path: (string | number)[]
  readonly violations: Violation[]
  /** The noun of the table that holds the value. */
  parent: string | undefined
}

function visit(check: Check, shape: Shape, value: unknown): void {
  if (check.violations.length >= maximumViolations) return
  if (check.templates && typeof value === 'string' && value.includes('$')) return
  const chosen = shape.kind === 'either' ? shape.shapes.find((option) => fits(option, value)) : shape
  if (chosen === undefined || !fits(chosen, value)) {
    report(check, 'value', ...wrongType(check, shape, value))
    return
  }
  switch (chosen.kind) {
    case 'text':
      visitText(check, chosen, String(value))
      return
    case 'number':
      visitNumber(check, chosen, value)
      return
    case 'list':
      visitList(check, chosen, value as readonly unknown[])
      return
    case 'table':
      visitTable(check, chosen, value as Record<string, unknown>)
      return
    case 'fields':
      visitFields(check, chosen, value as Record<string, unknown>)
      return
    case 'flag':
    case 'nothing':
    case 'anything':
    case 'either':
      return
  }
}

/** Whether a value's own type is that of a shape. */
function fits(shape: Shape, value: unknown): boolean {
  switch (shape.kind) {
    case 'text':
      return typeof value === 'string'
    case 'number':
      return typeof value === 'number' || (shape.text && typeof value === 'string')
    case 'flag':
      return typeof value === 'boolean' || (shape.text && typeof value === 'string')
    case 'nothing':
      return value === null
    case 'anything':
      return true
    case 'list':
      return Array.isArray(value)
    case 'table':
    case 'fields':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'either':
      return shape.shapes.some((option) => fits(option, value))
  }
}

function visitText(check: Check, { choices, pattern, say }: Text, value: string): void {
  if (choices === undefined && pattern?.test(value) === false) {
    report(check, 'value', `${subject(check)} can't be "${cut(value)}".`, say)
    return
  }
  if (choices === undefined || choices.includes(value) || pattern?.test(value) === true) return
  const hint = didYouMean(value, choices) ?? `Use ${oneOf(choices)}.`
  report(check, 'value', `${subject(check)} can't be "${cut(value)}".`, hint)
}

function visitNumber(check: Check, { integer, minimum, maximum }: Numeric, value: unknown): void {
  if (typeof value !== 'number') return
  if (integer && !Number.isInteger(value)) {
    report(check, 'value', `${subject(check)} must be a whole number, not ${value}.`)
  } else if (minimum !== undefined && value < minimum) {
    report(check, 'value', `${subject(check)} must be at least ${minimum}.`)
  } else if (maximum !== undefined && value > maximum) {
    report(check, 'value', `${subject(check)} must be at most ${maximum}.`)
  }
}

function visitList(check: Check, shape: List, items: readonly unknown[]): void {
  const seen = new Set<unknown>()
  const { parent } = check
  check.parent = undefined
  for (const [index, item] of items.entries()) {
    check.path.push(index)
    if (shape.unique && (typeof item === 'string' || typeof item === 'number') && seen.has(item)) {
      report(check, 'value', `${listName(check)} has "${cut(String(item))}" twice.`, 'Remove one of them.')
    } else {
      visit(check, shape.items, item)
    }
    seen.add(item)
    check.path.pop()
  }
  check.parent = parent
}

function visitTable(check: Check, { values, keys, noun }: Table, value: Record<string, unknown>): void {
  const { parent } = check
  check.parent = noun
  for (const key of Object.keys(value)) {
    check.path.push(key)
    if (keys !== undefined && !keys.test(key) && !(check.templates && key.includes('$'))) {
      report(
        check,
        'key',
        `"${cut(key)}" can't be the name of ${noun ?? 'this'}.`,
        'Use letters, digits, ".", "_" and "-".',
      )
    } else {
      visit(check, values, value[key])
    }
    check.path.pop()
  }
  check.parent = parent
}

function visitFields(check: Check, shape: Fields, value: Record<string, unknown>): void {
  const { parent } = check
  check.parent = undefined
  for (const key of Object.keys(value)) {
    const known = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined
    check.path.push(key)
    if (known !== undefined) visit(check, known.shape, value[key])
    else if (!key.startsWith('x-')) {
      report(
        check,
        'key',
        `${shape.noun} has no attribute "${cut(key)}".`,
        hintForKey(shape, key, value[key]),
      )
    }
    check.path.pop()
  }
  check.parent = parent
  for (const key of shape.required) {
    if (Object.hasOwn(value, key)) continue
    report(check, 'value', `${shape.noun} needs "${key}".`, `Add "${key}" to it.`)
  }
}

function hintForKey(shape: Fields, key: string, value: unknown): string | undefined {
  const former =
    shape === service && Object.hasOwn(formerServiceAttributes, key)
      ? formerServiceAttributes[key]
      : undefined
  if (former !== undefined) return former
  const meant = Object.hasOwn(synonyms, key) ? synonyms[key] : undefined
  if (meant !== undefined && Object.hasOwn(shape.fields, meant)) return `Did you mean "${meant}"?`
  const near = didYouMean(key, Object.keys(shape.fields))
  if (near !== undefined) return near
  if (looksLikeService(value)) {
    if (shape === document) return 'Services stand under "services": indent it below.'
    if (shape === service) return 'If it is a service, it stands beside this one: check the indentation.'
  }
  if (shape === document && Object.hasOwn(service.fields, key))
    return 'It belongs to a service, under "services".'
  const home = shape === service ? homes.find(({ known }) => Object.hasOwn(known, key)) : undefined
  if (home !== undefined) return `It belongs ${home.place}.`
  return 'Remove it, or begin its name with "x-" if it is your own.'
}

function looksLikeService(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['image', 'build', 'extends', 'provider'].some((key) => key in value)
  )
}

/** What people write when they mean another word that isn't near in letters. */
const synonyms: Readonly<Record<string, string>> = {
  cmd: 'command',
  cpu: 'cpus',
  env: 'environment',
  envs: 'environment',
  memory: 'mem_limit',
  mounts: 'volumes',
  name: 'container_name',
  workdir: 'working_dir',
}

const homes: readonly { readonly place: string; readonly known: Fields['fields'] }[] = [
  { place: 'under "build"', known: fieldsOf(build) },
  { place: 'under "deploy"', known: fieldsOf(deploy) },
  { place: 'at the top of the file', known: document.fields },
]

function fieldsOf(shape: Shape): Fields['fields'] {
  const found = shape.kind === 'either' ? shape.shapes.find(({ kind }) => kind === 'fields') : shape
  return found?.kind === 'fields' ? found.fields : {}
}

function wrongType(check: Check, shape: Shape, value: unknown): [message: string, hint?: string] {
  const wanted = describeShape(shape)
  if (value === null)
    return [`${subject(check)} is empty; it must be ${wanted}.`, 'Give it a value, or remove it.']
  const message = `${subject(check)} must be ${wanted}, not ${describeValue(value)}.`
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  if (isScalar && fits(shape, '')) return [message, `Put it in quotes: "${value}".`]
  if (typeof value === 'string' && fits(shape, []))
    return [message, 'Write it as an item of a list: begin it with "- ".']
  return [message]
}

function subject(check: Check): string {
  const last = check.path.at(-1)
  if (last === undefined) return 'The file'
  if (typeof last === 'number') return `An item of ${listName(check)}`
  const name = `"${cut(last)}"`
  return check.parent === undefined ? name : `${check.parent.replace(/^an? /, 'The ')} ${name}`
}

/** The list that holds the current item: the nearest key above. */
function listName(check: Check): string {
  const key = check.path.findLast((part) => typeof part === 'string')
  return key === undefined ? 'the list' : `"${cut(key)}"`
}

function report(check: Check, token: Violation['token'], message: string, hint?: string): void {
  if (check.violations.length >= maximumViolations) return
  const sentence = message.charAt(0).toUpperCase() + message.slice(1)
  check.violations.push({ path: [...check.path], token, message: sentence, hint })
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

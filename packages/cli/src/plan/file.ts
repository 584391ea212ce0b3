import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { BulkheadError, planFormat } from '@bulkhead/model'
import type { PlanDocument } from '@bulkhead/model'
import { usageError } from '../exit.ts'

/** The document as JSON, as it is printed and kept in a file. */
export function planJson(plan: PlanDocument): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`
}

/** @throws BulkheadError BH_USAGE when it cannot be written. */
export function writePlan(plan: PlanDocument, file: string, cwd: string): void {
  try {
    writeFileSync(resolve(cwd, file), planJson(plan))
  } catch (error) {
    throw usageError(`The plan cannot be written to ${file}: ${reasonOf(error)}`)
  }
}

/** What names a plan: a file that holds it, or its id. */
export interface PlanName {
  readonly id: string
  /** As the file has it; undefined: it was named by its id. */
  readonly written: PlanDocument | undefined
}

/**
 * The plan that an argument names. A file of that name goes first.
 *
 * @throws BulkheadError BH_PLAN_NOT_FOUND for what is neither file nor id.
 */
export function namedPlan(argument: string, cwd: string): PlanName {
  const file = resolve(cwd, argument)
  if (existsSync(file)) {
    const written = read(file)
    if (isPlan(written)) return { id: written.id, written }
    throw new BulkheadError(
      'BH_PLAN_NOT_FOUND',
      `The file ${argument} holds no plan that this version knows.`,
      {
        hint: 'Make it with `bulkhead plan -o FILE`.',
      },
    )
  }
  if (/^[0-9a-f]{8,64}$/.test(argument)) return { id: argument, written: undefined }
  throw new BulkheadError('BH_PLAN_NOT_FOUND', `"${argument}" is no file, and no id of a plan.`, {
    hint: 'Make a plan with `bulkhead plan -o FILE`, then `bulkhead apply FILE`.',
  })
}

/**
 * Holds a file against the plan that the daemon keeps: what would be carried
 * out is what the file shows.
 *
 * @throws BulkheadError BH_USAGE when somebody changed the file.
 */
export function checkWritten({ written }: PlanName, kept: PlanDocument): void {
  if (written === undefined || JSON.stringify(written) === JSON.stringify(kept)) return
  throw usageError(
    'The file was changed since the plan was made.',
    'Make it again with `bulkhead plan -o FILE`.',
  )
}

function isPlan(
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, unknown>> & PlanDocument {
  return value['format'] === planFormat && typeof value['id'] === 'string'
}

function read(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

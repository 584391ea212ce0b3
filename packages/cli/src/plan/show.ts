import type { PlanDocument } from '@bulkhead/model'
import type { Asked } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes } from '../exit.ts'
import type { Globals } from '../globals.ts'
import { createProgress } from '../progress/index.ts'
import { colorsFor } from '../render/color.ts'
import { planJson } from './file.ts'
import { renderGraph } from './graph.ts'
import { renderPlan } from './text.ts'

export const planFormats = ['text', 'json', 'dot'] as const
export type PlanFormat = (typeof planFormats)[number]

/** Prints the plan of what is asked for. Nothing is stored, sent or done. */
export async function dryRun(asked: Asked, globals: Globals, context: Context): Promise<number> {
  const client = await findOrStartDaemon(globals, context)
  const plan = await client.makePlan({ ...asked.request, keep: false })
  tellProblems('plan', asked, plan, globals, context)
  printPlan(plan, globals.json ? 'json' : 'text', globals, context)
  return exitCodes.ok
}

/** Warnings of the files and of the plan, to standard error. */
export function tellProblems(
  title: string,
  { warnings }: Pick<Asked, 'warnings'>,
  { problems }: PlanDocument,
  globals: Globals,
  context: Context,
): void {
  const progress = createProgress(title, globals, context)
  for (const problem of [...warnings, ...problems]) progress.problem(problem)
  progress.close()
}

/** The plan itself, to standard output. */
export function printPlan(plan: PlanDocument, format: PlanFormat, globals: Globals, context: Context): void {
  const { terminal, env } = context
  const colors = colorsFor(globals.ansi, env, terminal.outIsTty)
  const texts = {
    text: () => renderPlan(plan, colors),
    json: () => planJson(plan),
    dot: () => renderGraph(plan),
  }
  terminal.out(texts[format]())
}

import { planFormat } from '@bulkhead/model'
import type { PlanDocument } from '@bulkhead/model'
import t from 'tap'
import { renderGraph } from '../src/plan/graph.ts'
import { changesSomething, renderPlan } from '../src/plan/text.ts'
import { noColors } from '../src/render/color.ts'
import { shell } from './shell.ts'

const document: PlanDocument = {
  format: planFormat,
  id: 'a'.repeat(64),
  project: 'shop',
  action: 'up',
  actions: [
    {
      kind: 'create',
      subject: 'network shop_default',
      service: undefined,
      cause: 'not found',
      operations: [1],
    },
    {
      kind: 'replace',
      subject: 'container shop-web-1',
      service: 'web',
      cause: 'configuration changed: environment.A, image',
      operations: [2, 3],
      changes: [
        { path: 'environment.A', old: 'one', new: 'two words\u001b[31m' },
        { path: 'labels.b', new: 'x' },
        { path: 'secrets.key.content' },
      ],
    },
  ],
  operations: [
    {
      id: 1,
      type: 'createNetwork',
      subject: 'network shop_default',
      service: undefined,
      cause: 'not found',
      after: [],
    },
    {
      id: 2,
      type: 'createContainer',
      subject: 'container "a\\b"',
      service: 'web',
      cause: 'not found',
      after: [1],
    },
    { id: 3, type: 'removeContainer', subject: 'container b', service: 'web', cause: 'gone', after: [1, 2] },
  ],
  unknowns: [{ service: 'web', message: 'Is replaced if bb:1 comes as another image.' }],
  problems: [],
  basis: { revision: 1, kept: '', wanted: '', observed: {}, operations: '' },
}

t.test('a plan must be read as what is done to each service, and no value may command the terminal', (t) => {
  t.equal(
    renderPlan(document, noColors),
    `Plan of up for shop
  shared
    + create   network shop_default  not found
  web
    ~ replace  container shop-web-1  configuration changed: environment.A, image
        environment.A: one → "two words\\u001b[31m"
        labels.b: + x
        secrets.key.content: is different
    ? Is replaced if bb:1 comes as another image.
Plan: 1 to create, 1 to replace.
`,
  )
  t.equal(changesSomething(document), true)
  t.equal(changesSomething({ ...document, actions: [] }), false)
  t.match(renderPlan({ ...document, actions: [] }, noColors), 'Nothing to do')
  t.end()
})

t.test('a graph must have every operation and every arrow, its words quoted as dot wants it', (t) => {
  const text = renderGraph(document)
  // The grammar of what is written: a header, statements, closed braces.
  const quoted = '"(?:[^"\\\\\\n]|\\\\.)*"'
  const statement = new RegExp(
    `^ *(?:rankdir=LR;|node \\[shape=box, fontname=${quoted}\\];|subgraph cluster_\\d+ \\{|label=${quoted};|` +
      `n\\d+ \\[label=${quoted}, color=\\w+\\];|n\\d+ -> n\\d+;|\\})$`,
  )
  const [head = '', ...lines] = text.trimEnd().split('\n')
  t.match(head, new RegExp(`^digraph ${quoted} \\{$`))
  t.same(
    lines.filter((line) => !statement.test(line)),
    [],
  )
  t.equal(text.split('{').length, text.split('}').length)
  t.same(
    [...text.matchAll(/n(\d+) -> n(\d+);/g)].map(([, a, b]) => `${a}-${b}`),
    ['1-2', '1-3', '2-3'],
  )
  t.same(
    [...text.matchAll(/n(\d+) \[label/g)].map(([, id]) => id),
    ['1', '2', '3'],
  )
  t.end()
})

t.test('a command without a dry run must refuse it, and do nothing', async (t) => {
  const { bulkhead } = await shell(t)
  t.match(await bulkhead('--dry-run daemon start'), { code: 16, err: /has no dry run/ })
  t.match(await bulkhead('plan --for exec'), { code: 16, err: /There is no plan of "exec"/ })
})

t.test('what names no plan must be told, and a file that was changed', async (t) => {
  const { bulkhead } = await shell(t, { files: { 'other.json': '{}' } })
  t.match(await bulkhead('apply other.json'), { code: 1, err: /holds no plan/ })
  t.match(await bulkhead('apply nowhere'), { code: 1, err: /no file, and no id/ })
})

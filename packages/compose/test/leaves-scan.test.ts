import * as fc from 'fast-check'
import t from 'tap'
import { generateProject } from '../bench/generate.ts'
import { projects, readCorpus } from '../fuzz/inputs.ts'
import { samples } from '../fuzz/samples.ts'
import { parseFully } from '../src/parse.ts'
import { collectProblems } from '../src/problems.ts'
import { scanDocument } from '../src/scan/document.ts'
import { makeSource } from '../src/source.ts'
import { isMapping, markOf, type Tree } from '../src/tree.ts'

/**
 * Where two trees differ in value, in the order of keys, or in where an element
 * was written; undefined when they don't.
 */
function difference(left: Tree, right: Tree, path = ''): string | undefined {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) {
    return Object.is(left, right)
      ? undefined
      : `${path}: ${JSON.stringify(left)} and ${JSON.stringify(right)}`
  }
  const keys = Object.keys(left)
  if (Array.isArray(left) !== Array.isArray(right) || keys.join('\n') !== Object.keys(right).join('\n')) {
    return `${path}: ${keys.join()} and ${Object.keys(right).join()}`
  }
  for (const name of keys) {
    const key = Array.isArray(left) ? Number(name) : name
    const [one, two] = [markOf(left, key), markOf(right, key)]
    if (one?.key !== two?.key || one?.value !== two?.value || one?.text !== two?.text)
      return `${path}/${name}: place`
    const below = difference(child(left, key), child(right, key), `${path}/${name}`)
    if (below !== undefined) return below
  }
  return undefined
}

function child(tree: Tree, key: string | number): Tree {
  if (Array.isArray(tree)) return tree[Number(key)] ?? null
  return isMapping(tree) ? (tree[key] ?? null) : null
}

/** What the full parser says against a file that was scanned; undefined when it agrees or the file wasn't scanned. */
function disagreement(text: string): string | undefined {
  const scanned = scanDocument(makeSource('f', text))
  if (scanned === undefined) return undefined
  const problems = collectProblems()
  const [document, ...others] = parseFully(makeSource('f', text), problems)
  if (problems.list.length > 0) return problems.list[0]?.message
  if (document?.tree === undefined || others.length > 0 || document.resets.length > 0)
    return 'not one plain document'
  return difference(scanned, document.tree)
}

t.test('files as people write them must be scanned', (t) => {
  const texts = [
    generateProject(200),
    ...samples.slice(0, 2),
    '# c\n---\na: 1 # c\n\n# d\nb:\n- x\n- y: 1\n  z: "q # r"\n-   - n\n    - m\n',
    'a: |\n  x\n\n    y\nb: |-\n  z\nc: >\n  one\n  two\n\n  three\nd: >-\n  x\n',
    "a: ['x', \"y\\n\", z w, [1, 2], {k: v}]\nb: {\n  c: d,\n  e: 'f',\n  }\n",
    'x: &x {a: 1}\ny: &y\n  b: 2\nz:\n  <<: [*x, *y]\n  c: *y\nw: &w text\nv: *w\n',
    'a: http://x:80/y#z\nb: -1\nc: a:b\n"d": \'e\'\nf-g.h/i: ~\n',
  ]
  for (const text of texts) {
    t.not(scanDocument(makeSource('f', text)), undefined, text.slice(0, 40))
    t.equal(disagreement(text), undefined, 'and the full parser agrees')
  }
  t.end()
})

t.test('what is not plainly right must be left to the full parser', (t) => {
  const texts = [
    '',
    '# only a comment\n',
    'text\n',
    '- a\n',
    'a: 1\na: 2\n',
    'a: b: c\n',
    'a: b\n c: d\n',
    'a: [1, 2\nb: 3\n',
    'a: "x\n  y"\n',
    'a: x\n  y\n',
    'a: !reset null\n',
    'a: !!str 1\n',
    'a: *unknown\n',
    'a: &a\n  b: *a\n',
    'a: &x 1\nb: &x 2\nc: *x\n',
    'a:\tb\n',
    'a: b\r\n',
    'a: 1\n---\nb: 2\n',
    '%YAML 1.2\n---\na: 1\n',
    'a: @b\n',
    'a: `b`\n',
    'a: |2\n   x\n',
    'a: |\n\tx\n',
    '? a\n: b\n',
    'null: 1\n',
    '1: 2\n',
    '[a]: b\n',
    'a: [b: c]\n',
    'a: {b, c}\n',
    'a: "\\x41"\n',
    'a: - b\n',
    'a:\n  - b\n c: d\n',
    'a: "b" c\n',
    'a: b #c\nb:c\n',
    `a: ${'['.repeat(60)}${']'.repeat(60)}\n`,
    'a: \u0001\n',
    'a: \ud800\n',
    'x: &a [x, x, x, x, x, x, x, x, x]\n'.concat(
      ...'bcdefgh'.split('').map(
        (name, index) =>
          `${name}: &${name} [${Array(9)
            .fill(`*${'abcdefg'.charAt(index)}`)
            .join()}]\n`,
      ),
    ),
  ]
  for (const text of texts)
    t.equal(scanDocument(makeSource('f', text)), undefined, JSON.stringify(text.slice(0, 60)))
  t.end()
})

t.test('what is scanned must be what the full parser reads, mark for mark', (t) => {
  const corpus = readCorpus()
  for (const text of corpus) if (disagreement(text) !== undefined) t.fail(`${disagreement(text)}: ${text}`)
  fc.assert(
    fc.property(projects(corpus), (files) => {
      for (const [name, text] of Object.entries(files)) {
        const found = name.endsWith('.yaml') ? disagreement(text) : undefined
        if (found !== undefined) throw new Error(`${found}: ${JSON.stringify(text)}`)
      }
    }),
    { numRuns: 1000, seed: 3 },
  )
  t.end()
})

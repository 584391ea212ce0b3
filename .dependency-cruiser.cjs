/**
 * The rooms and their floors (docs/architecture.md). A room imports from floors
 * below its own, never sideways or up.
 */
const floors = {
  model: 0,
  compose: 1,
  isolation: 1,
  api: 1,
  planner: 2,
  engine: 2,
  client: 2,
  twin: 2,
  evidence: 3,
  cli: 3,
  dashboard: 3,
  reconciler: 4,
  daemon: 5,
}

const room = (name) => `^(packages|services)/${name}/src`
const anyOf = (names) => `^(packages|services)/(${names.join('|')})/`

const floorRules = Object.entries(floors).map(([name, floor]) => {
  const forbidden = Object.keys(floors).filter((other) => other !== name && floors[other] >= floor)
  return {
    name: `floor-of-${name}`,
    comment: `${name} is on floor ${floor}: it may import from lower floors only.`,
    severity: 'error',
    from: { path: room(name) },
    to: { path: anyOf(forbidden) },
  }
})

/** A library that makes a room what it is stays in that room. */
const libraries = {
  dockerode: ['engine', 'bench'],
  fastify: ['daemon', 'twin'],
  libsql: ['daemon'],
  'p-queue': ['reconciler'],
  commander: ['cli'],
  yaml: ['compose'],
  ajv: ['compose'],
  toposort: ['compose', 'planner'],
}
const libraryRules = Object.entries(libraries).map(([library, rooms]) => ({
  name: `${library}-stays-in-${rooms.join('-and-')}`,
  severity: 'error',
  from: { path: '^(packages|services)/[^/]+/src', pathNot: anyOf(rooms) },
  to: { path: `^node_modules/${library}/` },
}))

module.exports = {
  forbidden: [
    ...floorRules,
    ...libraryRules,
    {
      name: 'daemon-does-not-know-the-cli',
      severity: 'error',
      from: { path: room('daemon') },
      // What Docker's own configuration says is read alike on either side.
      to: { path: anyOf(['cli', 'client', 'dashboard']), pathNot: '^packages/client/src/credentials\\.ts$' },
    },
    {
      name: 'testbed-and-bench-are-for-tests',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src', pathNot: anyOf(['testbed', 'bench']) },
      to: { path: anyOf(['testbed', 'bench']) },
    },
    {
      name: 'through-the-front-door',
      comment: 'A package is imported by its name, never by a path into its folder.',
      severity: 'error',
      from: { path: '^(packages|services)/([^/]+)/' },
      to: {
        path: '^(packages|services)/([^/]+)/src',
        pathNot: [
          '^(packages|services)/$2/',
          'src/(index|paths)\\.ts$',
          '^packages/client/src/(context|credentials)\\.ts$',
        ],
      },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // TypeScript 7 has no compiler API for the cruiser to parse with.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@bulkhead/source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
}

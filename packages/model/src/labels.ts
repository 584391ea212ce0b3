/** Compose's labels, so that its commands see what Bulkhead runs, and the other way round. */
export const composeLabels = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneOff: 'com.docker.compose.oneoff',
  slug: 'com.docker.compose.slug',
  configHash: 'com.docker.compose.config-hash',
  image: 'com.docker.compose.image',
  dependsOn: 'com.docker.compose.depends_on',
  workingDir: 'com.docker.compose.project.working_dir',
  configFiles: 'com.docker.compose.project.config_files',
  environmentFile: 'com.docker.compose.project.environment_file',
  version: 'com.docker.compose.version',
  replace: 'com.docker.compose.replace',
  /** On containers that run a hook, e.g. `pre_start`. They carry no config hash. */
  hook: 'com.docker.compose.hook',
  network: 'com.docker.compose.network',
  volume: 'com.docker.compose.volume',
} as const

/** Bulkhead's own: what it decides by. */
export const bulkheadLabels = {
  /** Keyed hash of what the container was made from, with a version in front. */
  hash: 'dev.bulkhead.hash',
  /** The mode that the file asked for. */
  isolation: 'dev.bulkhead.isolation',
  /** Id of the Bulkhead that made it. */
  owner: 'dev.bulkhead.owner',
  /** On a container that only holds the anonymous volumes of another one, which is being made anew: that one's id. */
  keeps: 'dev.bulkhead.keeps',
  /** On the volumes that tell who keeps a project: its name, … */
  claim: 'dev.bulkhead.claim',
  /** … which of its claims it is, … */
  generation: 'dev.bulkhead.claim.generation',
  /** … where the owner is, … */
  place: 'dev.bulkhead.claim.place',
  /** … and since when. */
  since: 'dev.bulkhead.claim.since',
  /** The `pre_stop` hooks that the container was made with, sealed: whoever stops it needs no file. */
  preStop: 'dev.bulkhead.pre-stop',
} as const

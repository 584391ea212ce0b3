import { createHash } from 'node:crypto'
import { bulkheadLabels, type Claim } from '@bulkhead/model'
import type { Client } from './client.ts'
import { bodyOnly } from './dial.ts'
import { attempt } from './error.ts'
import type { EngineEvent } from './port.ts'
import { removeVolume } from './volumes.ts'

/**
 * Claims are empty volumes, as these are the one thing of an engine that needs
 * no image and no addresses, carries labels, and of which the first to create
 * it wins: the engine answers all others with the volume that is there.
 */
const prefix = 'bulkhead.claim.'
/** Names of volumes are names of folders. */
const longest = 200

export async function claims(client: Client, project?: string): Promise<readonly Claim[]> {
  const docker = await client.calls()
  const label = project === undefined ? bulkheadLabels.claim : `${bulkheadLabels.claim}=${project}`
  return attempt('say who keeps its projects', undefined, async () => {
    const { Volumes: volumes } = await docker.listVolumes({ filters: { label: [label] } })
    // The engine's list is null, not empty, when it has no volume at all.
    const found = (volumes as typeof volumes | null) ?? []
    return found.flatMap(({ Labels: labels }) => claimOf(labels) ?? [])
  })
}

export async function placeClaim(client: Client, claim: Claim): Promise<Claim> {
  const { project, generation, owner, place, since } = claim
  const docker = await client.calls()
  return attempt(`keep who owns project "${project}"`, undefined, async () => {
    const volume = await docker.createVolume(
      bodyOnly({
        Name: nameOf(claim),
        Labels: {
          [bulkheadLabels.claim]: project,
          [bulkheadLabels.generation]: String(generation),
          [bulkheadLabels.owner]: owner,
          [bulkheadLabels.place]: place,
          [bulkheadLabels.since]: since,
        },
      }),
    )
    const { Labels: labels } = await volume.inspect()
    const there = claimOf(labels)
    if (there === undefined) throw new Error(`volume ${nameOf(claim)} is no claim`)
    return there
  })
}

export function removeClaim(client: Client, claim: Pick<Claim, 'project' | 'generation'>): Promise<void> {
  return removeVolume(client, nameOf(claim))
}

/** The project of which an event tells that it may have become another's; undefined: it tells nothing of that. */
export function claimedIn({ type, id }: Pick<EngineEvent, 'type' | 'id'>): string | undefined {
  return type === 'volume' && id.startsWith(prefix) ? id.slice(prefix.length, id.lastIndexOf('.')) : undefined
}

type Labels = Readonly<Record<string, string>> | null | undefined

function claimOf(labels: Labels): Claim | undefined {
  const {
    [bulkheadLabels.claim]: project,
    [bulkheadLabels.owner]: owner,
    [bulkheadLabels.generation]: generation = '1',
    [bulkheadLabels.place]: place = '',
    [bulkheadLabels.since]: since = '',
  } = labels ?? {}
  if (project === undefined || owner === undefined) return undefined
  return { project, generation: Number(generation), owner, place, since }
}

function nameOf({ project, generation }: Pick<Claim, 'project' | 'generation'>): string {
  const short = project.length <= longest ? project : createHash('sha256').update(project).digest('hex')
  return `${prefix}${short}.${generation}`
}

import type { Test } from 'tap'
import type { Claim } from '@bulkhead/model'
import { claimedIn } from '../../src/index.ts'
import { scene } from './scene.ts'
import type { Subject } from './scene.ts'

/** How two Bulkheads on one engine tell whose a project is. */
export function ownership(t: Test, subject: Subject): void {
  t.test('of two that claim a project at a time, one must win and both be told who', async (t) => {
    const { engine, project } = scene(t, subject)
    const claims = ['a', 'b', 'c', 'd'].map((owner) => claimOf(project, owner))
    const answers = await Promise.all(claims.map((claim) => engine.placeClaim(claim)))
    t.equal(new Set(answers.map(({ owner }) => owner)).size, 1)
    t.strictSame(await engine.claims(project), answers.slice(0, 1))
    t.strictSame(
      claims.find(({ owner }) => owner === answers[0]?.owner),
      answers[0],
      'all of it is kept',
    )
    await engine.removeClaim(claimOf(project, 'a'))
    await engine.removeClaim(claimOf(project, 'a'))
    t.strictSame(await engine.claims(project), [])
  })

  t.test('a claim of a later generation must stand beside the one before it', async (t) => {
    const { engine, project, observe } = scene(t, subject)
    const [first, second] = [claimOf(project, 'a'), claimOf(project, 'b', 2)]
    await engine.placeClaim(first)
    t.strictSame(await engine.placeClaim(second), second)
    const both = await engine.claims(project)
    t.strictSame(
      both.toSorted((a, b) => a.generation - b.generation),
      [first, second],
    )
    const all = await engine.claims()
    t.ok(
      both.every((one) => all.some((other) => JSON.stringify(other) === JSON.stringify(one))),
      'among all',
    )
    t.strictSame((await observe()).volumes, [], 'they are none of its volumes')
    await engine.removeClaim(first)
    t.strictSame(await engine.claims(project), [second])
    await engine.removeClaim(second)
  })

  t.test('a project with the longest of names must have claims too', async (t) => {
    const { engine, project } = scene(t, subject)
    const claim = claimOf(project.padEnd(255, 'x'), 'a')
    t.strictSame(await engine.placeClaim(claim), claim)
    t.strictSame(await engine.claims(claim.project), [claim])
    await engine.removeClaim(claim)
    t.strictSame(await engine.claims(claim.project), [])
  })

  t.test('claims must be told by events that come and go', async (t) => {
    const { engine, project } = scene(t, subject)
    const ended = new AbortController()
    t.teardown(() => ended.abort())
    const told: string[] = []
    let opened: () => void = () => undefined
    const open = new Promise<void>((resolve) => (opened = resolve))
    const both = (async () => {
      for await (const event of engine.events(ended.signal, opened)) {
        if (claimedIn(event) === project) told.push(event.action)
        if (told.length === 2) return
      }
    })()
    await open
    await engine.placeClaim(claimOf(project, 'a'))
    await engine.removeClaim(claimOf(project, 'a'))
    await both
    t.strictSame(told, ['create', 'destroy'])
  })
}

function claimOf(project: string, owner: string, generation = 1): Claim {
  return { project, generation, owner, place: `${owner}:/data`, since: '2026-01-01T00:00:00.000Z' }
}

import type { Test } from 'tap'
import { ownership } from './ownership.ts'
import { lifecycle } from './lifecycle.ts'
import { observation } from './observation.ts'
import type { Subject } from './scene.ts'
import { stdio } from './stdio.ts'
import { streams } from './streams.ts'
import { mending } from './mending.ts'
import { wire } from './wire.ts'

/**
 * What whoever calls himself an Engine must do. Runs against a real one and
 * against any that stands in for it.
 */
export async function contract(t: Test, connectEngine: () => Promise<Subject>): Promise<void> {
  const subject = await connectEngine()
  t.teardown(() => subject.engine.close())
  // Each test has a project of its own, and waits more than it works.
  t.jobs = 4
  lifecycle(t, subject)
  observation(t, subject)
  ownership(t, subject)
  streams(t, subject)
  stdio(t, subject)
  mending(t, subject)
  wire(t, subject)
}

import type { Test } from 'tap'
import { composeLabels } from '@bulkhead/model'
import { scene } from './scene.ts'
import type { Subject } from './scene.ts'

/** What is seen of an engine. */
export function observation(t: Test, subject: Subject): void {
  t.test('an engine must tell what it is and what it can do', async (t) => {
    const { engine } = subject
    const its = await engine.capabilities()
    t.match(its, {
      version: /^\d+\./u,
      apiVersion: /^1\.\d+$/u,
      os: /^(?:linux|windows)$/u,
      architecture: /^\w+$/u,
    })
    t.not(its.id, '')
    t.ok(its.defaultRuntime === undefined || its.defaultRuntime in its.runtimes)
    t.equal(await engine.capabilities(), its, 'it is asked once')
    const again = await engine.capabilities(true)
    t.not(again, its)
    t.strictSame(again, its)
  })

  t.test('a project without anything must be observed as nothing', async (t) => {
    const { observe } = scene(t, subject)
    t.strictSame(await observe(), { containers: [], networks: [], volumes: [], images: {} })
  })

  t.test('a container must be observed as it was made and as it goes', async (t) => {
    const { observe, create, engine, until, image, named } = scene(t, subject)
    const id = await create('web', 'sleep 0.5; exit 3', { labels: { 'com.example': 'yes' } })
    const [made] = (await observe()).containers
    t.match(made, { id, service: 'web', number: 1, oneOff: false, state: 'created', health: 'none', image })
    t.match(made, { exitCode: 0, restartCount: 0, oomKilled: false, labels: { 'com.example': 'yes' } })
    t.match(made, {
      command: "sh -c 'sleep 0.5; exit 3'",
      startedAt: undefined,
      finishedAt: undefined,
      error: undefined,
    })
    t.match(made?.imageId, /^sha256:[0-9a-f]{64}$/u)
    t.equal(made?.name, named('web-1').replace('_', '-'))
    await engine.startContainer(id)
    const ended = await until(id, ({ state }) => state === 'exited')
    t.equal(ended.exitCode, 3)
    t.ok(Date.parse(ended.finishedAt ?? '') >= Date.parse(ended.startedAt ?? ''))
    t.strictSame((await observe()).containers, [ended], 'alone it is seen as in the project')
    t.strictSame(await engine.inspect(ended.name), ended, 'by its name too')
  })

  t.test('health must be observed with what the probes said', async (t) => {
    const { engine, run, until } = scene(t, subject)
    const body = {
      Healthcheck: {
        Test: ['CMD-SHELL', 'echo probed; test -e /tmp/well'],
        Interval: 2e8,
        Timeout: 5e9,
        Retries: 1,
      },
    }
    const id = await run('web', 'sleep 60', { body })
    const ill = await until(id, ({ health }) => health === 'unhealthy')
    t.match(ill.healthLog.at(-1), { exitCode: 1, output: 'probed\n' })
    t.equal(await engine.exec(id, { command: ['sh', '-c', 'touch /tmp/well'] }), 0)
    const well = await until(id, ({ health }) => health === 'healthy')
    t.match(well.healthLog.at(-1), { exitCode: 0, output: 'probed\n' })
  })

  t.test('one-offs must be told from replicas, and what is of no service be left out', async (t) => {
    const { create, observe, engine, specify } = scene(t, subject)
    await create('web', 'true', { labels: { [composeLabels.oneOff]: 'True' }, number: 1 })
    await create('web', 'true', { number: 2 })
    const foreign = specify('foreign', 'true')
    const labels = {
      [composeLabels.project]: (foreign.body['Labels'] as Record<string, string>)[composeLabels.project],
    }
    const id = await engine.createContainer({ ...foreign, body: { ...foreign.body, Labels: labels } })
    t.teardown(() => engine.removeContainer(id, { volumes: true }))
    const seen = (await observe()).containers.map(({ number, oneOff }) => ({ number, oneOff }))
    t.strictSame(
      seen.sort((a, b) => (a.number ?? 0) - (b.number ?? 0)),
      [
        { number: undefined, oneOff: true },
        { number: 2, oneOff: false },
      ],
    )
  })

  t.test('who lives in another’s namespaces must be observed with whose, by id', async (t) => {
    const { create, engine, found, project } = scene(t, subject)
    const owner = await create('owner', 'sleep 60', { host: { IpcMode: 'shareable' } })
    const mode = `container:${project}-owner-1`
    const guest = await create('guest', 'sleep 60', { host: { NetworkMode: mode, IpcMode: mode } })
    t.strictSame((await found(guest)).sharesWith, [owner])
    t.strictSame((await found(guest)).networks, {})
    t.equal((await found(owner)).sharesWith, undefined)
    await t.rejects(engine.startContainer(guest), { message: /join network of a non running container/u })
    await engine.startContainer(owner)
    await engine.startContainer(guest)
    t.equal((await found(guest)).state, 'running')
  })

  t.test('networks and volumes must be found by their exact name', async (t) => {
    const { engine, named, project } = scene(t, subject)
    // The engine's filter takes a name as a pattern, or as a part.
    const names = [named('a.b'), named('axb'), `${named('a.b')}-more`]
    t.teardown(() =>
      Promise.all(names.flatMap((name) => [engine.removeNetwork(name), engine.removeVolume(name)])),
    )
    for (const name of names) {
      await engine.createNetwork({ name, body: { Labels: { made: 'here' } } })
      await engine.createVolume({ name, body: { Labels: { made: 'here' } } })
    }
    const [wanted = ''] = names
    const seen = await engine.observe({
      project,
      networks: [wanted, 'absent'],
      volumes: [wanted, 'absent'],
      images: [],
    })
    t.match(seen.networks, [{ name: wanted, labels: { made: 'here' }, driver: String, id: /^\w+$/u }])
    t.equal(seen.networks.length, 1)
    t.strictSame(seen.volumes, [{ name: wanted, driver: 'local', labels: { made: 'here' } }])
  })

  t.test('images must be found by their reference, and be absent when they are', async (t) => {
    const { engine, image, project } = scene(t, subject)
    const images = [image, 'absent.invalid/none:1']
    const seen = await engine.observe({ project, networks: [], volumes: [], images })
    const { os, architecture } = await engine.capabilities()
    t.strictSame(Object.keys(seen.images), [image])
    t.match(seen.images[image], { id: /^sha256:/u, os, architecture })
  })

  t.test('containers that vanish while they are observed must just not be there', async (t) => {
    const { create, observe, engine } = scene(t, subject)
    const ids = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((number) => create('web', 'true', { number })))
    const removing = Promise.all(ids.map((id) => engine.removeContainer(id, { volumes: true })))
    let seen = ids.length
    while (seen > 0) seen = (await observe()).containers.length
    await removing
    t.equal(seen, 0)
  })

  t.test('projects must be listed with the states of their containers', async (t) => {
    const { create, run, engine, project } = scene(t, subject)
    const labels = {
      [composeLabels.workingDir]: '/srv',
      [composeLabels.configFiles]: '/srv/a.yaml,/srv/b.yaml',
    }
    await create('web', 'true', { labels })
    await run('web', 'sleep 60', { labels, number: 2 })
    await create('web', 'true', { labels: { ...labels, [composeLabels.oneOff]: 'True' }, number: 3 })
    const its = (await engine.projects()).find(({ name }) => name === project)
    t.strictSame(its, {
      name: project,
      workingDir: '/srv',
      configFiles: ['/srv/a.yaml', '/srv/b.yaml'],
      states: { created: 1, running: 1 },
    })
  })
}

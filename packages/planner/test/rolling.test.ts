import t from 'tap'
import { scenario } from './scenario.ts'

const startFirst = {
  replicas: 2,
  update_config: { order: 'start-first', failure_action: 'rollback', monitor: '1s' },
}

t.test('x', (t) => {
  const it = scenario()
    .wants({ web: { deploy: startFirst } })
    .finds('network', 'web running changed #1', 'web running changed #2')
  console.log(it.text())
  console.log(it.afterwards(3).text(), '\n')
  console.log(it.afterwards().text(), '\n')
  console.log(
    scenario()
      .wants({
        web: {
          deploy: { ...startFirst, update_config: { ...startFirst.update_config, delay: '3s' } },
          ports: [{ target: 80, published: '8080' }],
        },
      })
      .finds('network', 'web running changed #1', 'web running changed #2')
      .text(),
  )
  t.end()
})

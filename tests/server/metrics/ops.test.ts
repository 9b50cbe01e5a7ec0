import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check } from 'prettier'
import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../server/metrics/metrics.ts'

const read = (path: string) => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8')
const dashboard = read('ops/grafana-dashboard.json')
const alerts = read('ops/alerts.yml')
const guide = read('docs/operate.md')

/** Names that may stand in an expression: a histogram has three. */
async function exportedNames(): Promise<Set<string>> {
  const text = await createMetrics({
    version: '1',
    withProcess: true,
    pool: { totalCount: 0, idleCount: 0, waitingCount: 0 },
    readState: async () => ({ isUp: true, figures: [], failed: [] }),
    freeBytes: () => 1,
  }).text()
  const names = new Set(['up'])
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    names.add(name)
    if (type === 'histogram') for (const part of ['bucket', 'count', 'sum']) names.add(`${name}_${part}`)
  }
  return names
}

const namesIn = (text: string) => [
  ...new Set([...text.matchAll(/\b((?:guidebar|nodejs|process)_[a-z0-9_]+)/g)].map(([, name]) => name)),
]
const alertNames = [...alerts.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name ?? '')

interface Panel {
  title: string
  type: string
  targets?: { expr: string }[]
}

describe('what watches the server', () => {
  it('names only figures that are there', async () => {
    const exported = await exportedNames()
    expect(namesIn(dashboard + alerts + guide).filter(name => !exported.has(name ?? ''))).toEqual([])
  })

  it('shows every figure of ours somewhere', async () => {
    const shown = new Set(namesIn(dashboard + alerts + guide))
    const unseen = [...(await exportedNames())].filter(
      name =>
        name.startsWith('guidebar_') &&
        !['', '_bucket', '_count', '_sum'].some(part =>
          shown.has(name.replace(/_(bucket|count|sum)$/, '') + part),
        ),
    )
    expect(unseen).toEqual([])
  })

  it('is a dashboard with panels that ask for something', () => {
    const { panels } = JSON.parse(dashboard) as { panels: Panel[] }
    const asking = panels.filter(({ type }) => type !== 'row')
    expect(asking.length).toBeGreaterThan(20)
    for (const { title, targets } of asking)
      expect([title, targets?.every(({ expr }) => expr.length > 0)]).toEqual([title, true])
  })

  it('is a file of rules in YAML, each told of in docs/operate.md and no other', async () => {
    // Throws where it is no YAML.
    await check(alerts, { parser: 'yaml' })
    expect(alertNames.length).toBeGreaterThan(15)
    expect(new Set(alertNames).size).toBe(alertNames.length)
    const explained = [...guide.matchAll(/^#{3,4} (Guidebar\w+)/gm)].map(([, name]) => name ?? '')
    expect(explained.sort()).toEqual([...alertNames].sort())
    for (const name of alertNames) expect(alerts).toContain(`runbook: docs/operate.md#${name.toLowerCase()}`)
  })
})

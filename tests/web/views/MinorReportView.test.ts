import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MinorReport } from '../../../shared/contract/people.ts'
import { minorReportCsv } from '../../../web/domains/people/minorReportFile.ts'
import { noNetwork, ok } from '../../support/fakeApi.ts'
import { byText, type Stand } from '../../support/mountInChat.ts'
import { openPage, standAtWork } from './openPage.ts'

vi.mock('../../../web/wecom/bridge.ts', async original => {
  const { fakeBridgeModule } = await import('../../support/fakeBridge.ts')
  return fakeBridgeModule(await original())
})

const report = (year: number): MinorReport => ({
  year,
  heldNow: 3,
  consents: { recorded: 4, withdrawn: 1, byHow: [{ how: 'chat', count: 4 }] },
  reads: 7,
  staff: [
    { name: '=陈露,"露"', store: '国贸店', consents: 4, withdrawals: 1, reads: 5, children: 2 },
    { name: '方致远', store: null, consents: 0, withdrawals: 0, reads: 2, children: 2 },
  ],
})

let stand: Stand
beforeEach(async () => {
  stand = await standAtWork('admin')
  stand.api.on('get', /^\/minor-report$/, ({ query }) => ok(report(Number((query as { year: number }).year))))
})
afterEach(() => {
  stand.leave()
  vi.unstubAllGlobals()
})

describe('P28 the yearly report', () => {
  it('counts children, consents and who looked, for the year that is asked for', async () => {
    const page = await openPage(stand, '/console/minors')
    expect(page.find('dl').text()).toMatch(
      /现在记着的孩子3记录的监护人同意4其中聊天里说的4收回同意并删除1查看.*7/,
    )
    expect(page.findAll('tbody tr').map(row => row.text())).toEqual([
      expect.stringMatching(/陈露.*国贸店4152$/),
      expect.stringMatching(/方致远0022$/),
    ])
    await byText(page, 'button', '2025').trigger('click')
    await flushPromises()
    expect(stand.api.sentTo('get', /minor-report/).map(({ query }) => query)).toEqual([
      { year: 2026 },
      { year: 2025 },
    ])
  })

  it('says when it did not come', async () => {
    stand.api.on('get', /^\/minor-report$/, () => noNetwork())
    const page = await openPage(stand, '/console/minors')
    expect(page.text()).toContain('再取一次')
  })

  it('goes into a file that spreadsheets read, and in which a name is no formula', () => {
    const lines = minorReportCsv(report(2026)).split('\r\n')
    expect(lines[0]).toBe('\uFEFF未成年人个人信息保护年度报告,2026')
    expect(lines).toContain(`"'=陈露,""露""",国贸店,4,1,5,2`)
    expect(lines).toContain('方致远,,0,0,2,2')
  })
})

import { describe, expect, it } from 'vitest'
import type { Row } from '../../../../server/domains/privacy/exportedTable.ts'
import {
  createGlossary,
  tellEverything,
  type HeldRows,
} from '../../../../server/domains/privacy/personalFile.ts'

const names = [
  { kind: 'member', id: '7', name: '陈露' },
  { kind: 'template', id: 't1', name: '生日礼券' },
  { kind: 'channel', id: 'gm-01', name: '国贸店收银台' },
] as const

const tell = (held: HeldRows) => tellEverything(held, createGlossary(held, names, 'Asia/Shanghai'))
const first = (table: string, row: Row, others: HeldRows = {}) =>
  Object.values(tell({ [table]: [row], ...others }))[0]?.[0]

describe('P29 the rows of a person in words', () => {
  it.each([
    ['staff:7', '陈露'],
    ['staff:8', '已经不在的一项'],
    ['customer', '您'],
    ['job:coupons.expire', '系统'],
    ['system:welcome', '系统'],
  ])('says who %s was', (actor, who) => {
    expect(first('coupon_ledger', { actor })).toEqual({ 谁: who })
  })

  it('says a reason of ours in words and leaves what a member wrote', () => {
    expect(first('coupon_ledger', { reason: 'lastDay' })).toEqual({ 原因: '过了最后一天' })
    expect(first('coupon_ledger', { reason: '她退货了' })).toEqual({ 原因: '她退货了' })
  })

  it('P6 tells the link of a message, but of a coupon never', () => {
    const body = { kind: 'news', title: '新品', description: '', link: 'https://shop.example/p/1' }
    const held = (send: Row): HeldRows => ({ sends: [send], send_parts: [{ send_id: 's1', index: 0, body }] })
    expect(tell(held({ send_id: 's1' }))['消息的内容']).toMatchObject([
      { 内容: { 类型: '链接', 标题: '新品', 链接: 'https://shop.example/p/1' } },
    ])
    for (const column of ['coupon_id', 'share_id'])
      expect(tell(held({ send_id: 's1', [column]: 'c1' }))['消息的内容']).toMatchObject([
        { 内容: { 类型: '链接', 标题: '新品' } },
      ])
    expect(JSON.stringify(tell(held({ send_id: 's1', coupon_id: 'c1' })))).not.toContain('https:')
  })

  it('tells what can be taken back as the tables themselves are told', () => {
    const content = {
      at: '2026-11-21T02:20:00Z',
      gone: { people: [{ person_id: 'p1', relation: 'mother', call_name: null }], dates: [] },
      dates: [
        {
          dateId: 'd1',
          version: 2,
          before: { calendar: 'lunar', month: 8, day: 15, isLeapMonth: false, leapPolicy: 'both' },
        },
      ],
      profile: { version: 3, before: { ringSize: '12 号' } },
      madeDates: ['d1'],
    }
    const held = {
      important_dates: [{ date_id: 'd1', kind: 'birthday', calendar: 'solar', month: 1, day: 2 }],
    }
    expect(tell({ family_undos: [{ content }], ...held })['可撤销的删除']).toEqual([
      {
        能找回什么: {
          删掉的家人: [{ 关系: '妈妈' }],
          改过的日子原来: [{ 哪一天: '农历八月十五' }],
          改过的资料原来: [{ 戒圈: '12 号' }],
          新记的日子: ['生日'],
        },
      },
    ])
  })

  it('names the code she scanned, and no code of letters', () => {
    expect(first('follows', { channel: 'gm-01' })).toEqual({ 从哪里来: '国贸店收银台' })
    expect(first('follows', { channel: 'gm-02' })).toEqual({ 从哪里来: '一个渠道码' })
    expect(first('follows', { channel: '西单店门口' })).toEqual({ 从哪里来: '西单店门口' })
  })

  it('says when where the shop is, and nothing of a time without beginning', () => {
    expect(first('customers', { known_since: '-infinity', synced_at: '2026-11-21T18:30:00+00:00' })).toEqual({
      最近一次从企业微信更新: '2026-11-22 02:30',
    })
  })

  it('speaks of a leap month only where there is one', () => {
    const date = { kind: 'birthday', calendar: 'lunar', month: 4, day: 29, leap_policy: 'leapOnly' }
    expect(first('important_dates', { ...date, is_leap_month: false })).toEqual({
      什么日子: '生日',
      哪一天: '农历四月廿九',
    })
    expect(first('important_dates', { ...date, is_leap_month: true })).toEqual({
      什么日子: '生日',
      哪一天: '农历闰四月廿九',
      没有这个闰月的年份: '只在有闰月的年份过',
    })
  })
})

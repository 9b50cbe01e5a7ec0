import { dialog, heading, tap, type State } from './state.ts'
import type { Page } from 'playwright-core'
import { consoleStates, workbenchStates } from './workbenchStates.ts'

const card = (page: Page) => page.getByRole('tab', { name: '话术' }).waitFor()
const sidebar: Pick<State, 'who' | 'at'> = { who: 'chenlu', at: { chat: 'customer' } }
const tab = (name: string, word: string | RegExp, shows: string): State => ({
  ...sidebar,
  name: `侧边栏 ${name}`,
  act: tap('tab', word),
  stands: page => page.getByRole('tabpanel').locator(shows).first().waitFor(),
})
const sheet = (name: string, opener: string | RegExp): State => ({
  ...sidebar,
  name: `侧边栏 ${name}`,
  act: tap('button', opener),
  stands: dialog,
})

const sidebarStates: State[] = [
  { ...sidebar, name: '侧边栏 首屏', stands: card },
  { ...sidebar, name: '侧边栏 新朋友', at: { chat: 'newFriend' }, stands: card },
  tab('话术', '话术', 'article'),
  tab('优惠券', /^优惠券/, '.ticket'),
  tab('档案', '档案', 'button'),
  tab('动态', '动态', 'li'),
  {
    ...sidebar,
    name: '侧边栏 改了再发',
    act: async page => {
      await tap('tab', '话术')(page)
      await page.locator('.script__words').first().click()
      await page
        .getByRole('button', { name: /改了再发|逐条复制/ })
        .first()
        .click()
    },
    stands: dialog,
  },
  sheet('更多标签', '更多标签'),
  sheet('加日子', '加家人的日子'),
  sheet('一个日子', /农历|\d+月\d+日/),
  sheet('为什么这样提醒', /可以写|缓一缓|先别写/),
  sheet('记一件答应的事', /^记一件答应/),
  sheet('跳过', '跳过'),
  {
    ...sidebar,
    name: '侧边栏 去掉一个标签',
    act: page => page.locator('.tags__rows .chip').first().click(),
    stands: page => page.getByRole('button', { name: '撤销' }).waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 正在取',
    without: { path: /\/card$/, how: 'silent' },
    stands: page => page.locator('.customer').waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 没取到',
    without: { path: /\/card$/, how: 'failed' },
    stands: page => page.getByRole('button', { name: '再取一次' }).waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 话术没取到',
    without: { path: /\/api\/scripts/, how: 'failed' },
    act: tap('tab', '话术'),
    stands: page => page.getByRole('button', { name: '再取一次' }).waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 不在名下',
    without: { path: /\/card$/, how: 'missing' },
    stands: heading('这位客户不在你名下'),
  },
  {
    ...sidebar,
    name: '侧边栏 客户群',
    at: { chat: 'group' },
    stands: page => page.getByRole('tab').first().waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 客户群 话术',
    at: { chat: 'group' },
    act: tap('tab', '话术'),
    stands: page => page.locator('article').first().waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 别处',
    at: { hash: '/' },
    stands: page => page.getByText('在客户的聊天里打开我').waitFor(),
  },
]

const outsideStates: State[] = [
  {
    who: 'chenlu',
    name: '客户的券 等她领',
    at: { link: 'coupon' },
    stands: page => page.getByRole('button', { name: '领取' }).waitFor(),
  },
  {
    who: 'chenlu',
    name: '客户的券 领了',
    at: { link: 'coupon' },
    act: tap('button', '领取'),
    stands: page => page.getByRole('img', { name: /核销二维码/ }).waitFor(),
  },
  { who: 'chenlu', name: '客户的券 没有这张', at: { link: 'broken' }, stands: heading(/./) },
  { who: 'chenlu', name: '登录 没有接上', at: { link: 'login' }, stands: heading(/./) },
]

/** The one list: the gallery (`npm run gallery`) and `tests/flows/accessibility.test.ts` both walk it. */
export const states: readonly State[] = [
  ...sidebarStates,
  ...workbenchStates,
  ...consoleStates,
  ...outsideStates,
]

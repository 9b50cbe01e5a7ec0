import type { Page } from 'playwright-core'
import { consoleStates } from './consoleStates.ts'
import { outsideStates } from './outsideStates.ts'
import { dialog, heading, retry, tap, inTurn, type State } from './state.ts'
import { workbenchStates } from './workbenchStates.ts'

const card = (page: Page) => page.getByRole('tab', { name: '话术' }).waitFor()
/** With what comes a moment later, when the rest stands: the quick replies. */
const whole = (page: Page) => page.locator('.customer__quick').waitFor()
const group = (page: Page) => page.locator('.group__list li').first().waitFor()
const sidebar: Pick<State, 'who' | 'at'> = { who: 'chenlu', at: { chat: 'liWanqing' } }
const tab = (name: string, word: string | RegExp, shows: string): State => ({
  ...sidebar,
  name: `侧边栏 ${name}`,
  act: inTurn(whole, tap('tab', word)),
  stands: page => page.getByRole('tabpanel').locator(shows).first().waitFor(),
})
const sheet = (name: string, opener: string | RegExp): State => ({
  ...sidebar,
  name: `侧边栏 ${name}`,
  act: inTurn(whole, tap('button', opener)),
  stands: dialog,
})
const cardInstead = (answer: NonNullable<State['instead']>['answer']): Pick<State, 'instead'> => ({
  instead: { path: /\/card$/, answer },
})

const sidebarStates: State[] = [
  { ...sidebar, name: '侧边栏 首屏', stands: whole },
  { ...sidebar, name: '侧边栏 先别写', at: { chat: 'auntWu' }, stands: card },
  { ...sidebar, name: '侧边栏 新朋友', at: { chat: 'missSun' }, stands: card },
  { ...sidebar, name: '侧边栏 有一张券', at: { chat: 'mia' }, stands: card },
  {
    ...sidebar,
    name: '侧边栏 往下看',
    at: { chat: 'zhangMin' },
    act: inTurn(whole, tap('tab', '动态')),
    stands: page => page.getByRole('tabpanel').locator('li').first().waitFor(),
  },
  tab('话术', '话术', 'article'),
  tab('优惠券', /^优惠券/, '.ticket'),
  tab('档案', '档案', '.profile'),
  tab('动态', '动态', 'li'),
  {
    ...sidebar,
    name: '侧边栏 话术 没找到',
    act: inTurn(whole, tap('tab', '话术'), page => page.getByLabel('找话术').fill('没有这一句')),
    stands: heading(/没有找到/),
  },
  {
    ...sidebar,
    name: '侧边栏 改了再发',
    act: inTurn(
      whole,
      tap('tab', '话术'),
      page => page.locator('.script__words').first().click(),
      tap('button', /改了再发|逐条复制/),
    ),
    stands: dialog,
  },
  {
    ...sidebar,
    name: '侧边栏 看完整的手机号',
    act: inTurn(whole, tap('tab', '档案'), tap('button', /看完整的手机号/)),
    stands: dialog,
  },
  {
    ...sidebar,
    name: '侧边栏 看完整的手机号 别的理由',
    act: inTurn(whole, tap('tab', '档案'), tap('button', /看完整的手机号/), page =>
      page.getByRole('dialog').getByRole('button', { name: '其他' }).click(),
    ),
    stands: page => page.getByRole('dialog').getByLabel('理由').waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 手机号打开了',
    act: inTurn(whole, tap('tab', '档案'), tap('button', /看完整的手机号/), page =>
      page.getByRole('dialog').getByRole('button', { name: '约取货' }).click(),
    ),
    stands: page => page.getByRole('button', { name: /遮住/ }).waitFor(),
  },
  { ...sheet('更多标签', '更多标签'), stands: page => page.getByLabel('找标签').waitFor() },
  sheet('加日子', '加家人的日子'),
  {
    ...sheet('加日子 认出来了', '加家人的日子'),
    act: inTurn(whole, tap('button', '加家人的日子'), page =>
      page.getByRole('dialog').getByRole('textbox').first().fill('八月十五'),
    ),
    stands: page =>
      page
        .getByRole('dialog')
        .getByText(/农历八月十五/)
        .first()
        .waitFor(),
  },
  sheet('一个日子', /农历|\d+月\d+日/),
  sheet('为什么这样提醒', /可以写|缓一缓|先别写/),
  sheet('记一件答应的事', /^记一件答应/),
  sheet('跳过', '跳过'),
  {
    ...sidebar,
    name: '侧边栏 去掉一个标签',
    act: inTurn(whole, page => page.locator('.tags__rows .chip').first().click()),
    stands: page => page.getByRole('button', { name: '撤销' }).waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 断网',
    isSudden: true,
    act: inTurn(card, page => page.evaluate(() => dispatchEvent(new Event('offline')))),
    stands: page => page.getByText('网络断了').waitFor(),
  },
  {
    ...sidebar,
    ...cardInstead('silence'),
    name: '侧边栏 正在取',
    stands: page => page.locator('.skeleton__who').waitFor(),
  },
  { ...sidebar, ...cardInstead('cut'), name: '侧边栏 没取到', stands: retry },
  { ...sidebar, ...cardInstead('database_unavailable'), name: '侧边栏 数据库断了', stands: retry },
  { ...sidebar, ...cardInstead('rate_limited'), name: '侧边栏 太快了', stands: retry },
  {
    ...sidebar,
    ...cardInstead('session_expired'),
    name: '侧边栏 登录过期',
    stands: heading('登录没有接上'),
  },
  { ...sidebar, ...cardInstead('not_found'), name: '侧边栏 不在名下', stands: heading('这位客户不在你名下') },
  {
    ...sidebar,
    name: '侧边栏 话术没取到',
    isNew: true,
    instead: { path: /\/api\/scripts/, answer: 'cut' },
    act: inTurn(card, tap('tab', '话术')),
    stands: retry,
  },
  {
    ...sidebar,
    name: '侧边栏 券没取到',
    instead: { path: /\/coupons$/, answer: 'cut' },
    act: inTurn(whole, tap('tab', /^优惠券/)),
    stands: retry,
  },
  {
    ...sidebar,
    name: '侧边栏 客户群',
    at: { chat: 'oldFriendsGroup' },
    stands: group,
  },
  {
    ...sidebar,
    name: '侧边栏 客户群 话术',
    at: { chat: 'oldFriendsGroup' },
    act: inTurn(group, tap('tab', '话术')),
    stands: page => page.locator('article').first().waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 客户群 优惠券',
    at: { chat: 'oldFriendsGroup' },
    act: inTurn(group, tap('tab', '优惠券')),
    stands: page => page.locator('.ticket').first().waitFor(),
  },
  {
    ...sidebar,
    name: '侧边栏 别处',
    at: { hash: '/' },
    stands: page => page.getByText('在客户的聊天里打开我').waitFor(),
  },
]

/** The one list: the gallery (`npm run gallery`) and `tests/flows/accessibility.test.ts` both walk it. */
export const states: readonly State[] = [
  ...sidebarStates,
  ...workbenchStates,
  ...consoleStates,
  ...outsideStates,
]

import { readIntentions, unfulfilled, type Intention } from '../../tests/support/customerChanges.ts'
import { until } from '../../tests/support/processes.ts'
import { differences, unheardOf } from '../../tests/support/sameOnBothSides.ts'
import type { Written } from './load.ts'
import type { Stage } from './stage.ts'
import type { Verdicts } from './verdicts.ts'

const SHOWN = 5

/** Until nothing is on its way: waits between tries are let pass. */
export async function settle({ product }: Stage): Promise<void> {
  await until(
    async () => {
      await product.letWaitsPass()
      await product.quiet(3_000)
      return true
    },
    'everything to arrive',
    120_000,
  )
}

const few = (found: string[]) => (found.length === 0 ? '' : `：${found.slice(0, SHOWN).join('；')}`)

/** Everything somebody was told is there, once, and WeCom holds what we hold. */
export async function lookAtRows(
  stage: Stage,
  { written, intentions, unheard }: { written: Written[]; intentions: Intention[]; unheard: Set<string> },
  verdicts: Verdicts,
): Promise<void> {
  const { product } = stage
  const rows = await product.query<{ what: string; mark: string; id: string }>(
    `select 'date' as what, label as mark, date_id::text as id from important_dates where label like '练%'
     union all select 'send', title, send_id::text from sends where title like '练%'
     union all select 'coupon', '', coupon_id::text from coupons`,
  )
  const ids = new Set(rows.map(({ id }) => id))
  const lost = written.filter(({ id }) => !ids.has(id)).map(({ what, mark }) => `${what} ${mark}`)
  verdicts.note(
    'P12',
    written.length > 0 && lost.length === 0,
    `答应了 ${written.length} 件，少了 ${lost.length} 件${few(lost)}`,
  )
  const answered = new Map(written.map(({ mark, id }) => [mark, id]))
  // A mark belongs to one intention, whatever became of the server that was asked first.
  const twice = rows.filter(
    ({ what, mark, id }) => what !== 'coupon' && answered.has(mark) && answered.get(mark) !== id,
  )
  verdicts.note(
    'P11',
    twice.length === 0,
    `同一个编号做了两遍的 ${twice.length} 件${few(twice.map(({ mark }) => mark))}`,
  )

  for (const pair of unheardOf(await product.callbackLines())) unheard.add(pair)
  const apart = await differences(product, unheard)
  verdicts.note('P16 P18', apart.length === 0, `和企业微信逐条对过，不同的 ${apart.length} 处${few(apart)}`)
  const missed = await unfulfilled(product, intentions)
  verdicts.note(
    'P18',
    missed.length === 0,
    `每位导购最后的意思都在，没落实的 ${missed.length} 件${few(missed)}`,
  )
  const shown = await product.query(`select from outbox where state in ('dead', 'refused')`)
  verdicts.note('P18', shown.length === 0, `放弃了没同步的 ${shown.length} 件`)
}

/** The day's reminders by all servers at once, several times over, and the morning's notices. */
export async function runDay({ product }: Stage, verdicts: Verdicts): Promise<void> {
  const count = async () =>
    (await product.query<{ n: number }>('select count(*)::int as n from reminders'))[0]?.n ?? 0
  const idle = () =>
    until(
      async () =>
        (
          await product.query(
            `select from pgboss.job where name like 'reminders.%' and state in ('created', 'retry', 'active') and start_after <= now()`,
          )
        ).length === 0,
      'the day’s work',
      60_000,
    )
  await product.runJob('reminders.due')
  await idle()
  const once = await count()
  await Promise.all(product.servers.map(() => product.runJob('reminders.due')))
  await idle()
  const again = await count()
  const [double] = await product.query<{ n: number }>(
    `select count(*)::int as n from (select from reminders where date_id is not null
     group by date_id, occurrence, staff_id having count(*) > 1) each`,
  )
  verdicts.note(
    'P20',
    once > 0 && again === once && double?.n === 0,
    `提醒 ${once} 条，几台一起再跑几遍还是 ${again} 条`,
  )
  const notices = async () => product.countCalls('message/send', 0)
  await product.runJob('reminders.digests')
  await idle()
  const told = await notices()
  await Promise.all(product.servers.map(() => product.runJob('reminders.digests')))
  await idle()
  // Before a quarter past nine there are none, and nothing is proven.
  if (told > 0)
    verdicts.note('P21', (await notices()) === told, `早报发了 ${told} 条，几台一起再跑一遍没有多发`)
}

/** Nothing that opens a door and nothing of people stands in what the servers have written. */
export async function lookAtLogs({ product, guides, admin }: Stage, verdicts: Verdicts): Promise<void> {
  const log = product.servers.map(server => server.log()).join('\n')
  const secrets = [
    'SESSION_SECRET',
    'WECOM_APP_SECRET',
    'WECOM_CALLBACK_TOKEN',
    'WECOM_CALLBACK_AES_KEY',
    'METRICS_TOKEN',
  ]
  const customers = await product.query<{ id: string; name: string }>(
    `select external_user_id as id, name from customers where length(name) >= 3 order by customer_id limit 2000`,
  )
  const planted = new Map<string, string>([
    ...secrets.map(name => [product.env[name] ?? name, name] as const),
    ...[...guides, admin].map(
      ({ cookie, userId }) => [cookie.slice(cookie.indexOf('=') + 1), `会话 ${userId}`] as const,
    ),
    ...customers.map(({ id }) => [id, '客户编号'] as const),
    ...customers.map(({ name }) => [name, '客户名字'] as const),
    ['练', '导购写的字'],
    ['access_token=', '令牌'],
  ])
  const found = [...planted].filter(([mark]) => log.includes(mark)).map(([, what]) => what)
  verdicts.note(
    'P6',
    log.length > 0 && found.length === 0,
    `日志 ${Math.round(log.length / 1024)} KiB，埋了 ${planted.size} 个记号，找到 ${found.length} 个${few([...new Set(found)])}`,
  )
}

export const intentionsOf = async ({ product, guides }: Stage) =>
  (await readIntentions(product, guides, 10)).intentions

/**
 * `npm run drill [-- --minutes 2 --servers 3 --customers 100000 --only crowd]`: servers before PostgreSQL, behind a proxy, with a
 * stand-in for WeCom; guides at work while servers and the database are killed, WeCom fails, and somebody forges. Then everything
 * is looked through, and there is a verdict for each promise. Ends with 1 when one is broken. Touches nothing of a real installation.
 */
import { cpus, loadavg } from 'node:os'
import { readArguments } from '../server/command.ts'
import { lostBefore } from '../tests/support/sameOnBothSides.ts'
import { leave, tryAccess } from './drill/access.ts'
import { killWithOwnDatabase, startWithSamples } from './drill/alone.ts'
import { hotCoupon } from './drill/coupons.ts'
import { crowd } from './drill/crowd.ts'
import { intentionsOf, lookAtLogs, lookAtRows, runDay, settle } from './drill/ending.ts'
import { wait } from './drill/insist.ts'
import { startLoad } from './drill/load.ts'
import { watchMemory } from './drill/memory.ts'
import { auditAll, eraseAndRestore } from './drill/restoring.ts'
import { watchSockets } from './drill/sockets.ts'
import { openStage, type Stage } from './drill/stage.ts'
import { callbackFlood, crashDatabase, killAndRoll, wecomOutage } from './drill/troubles.ts'
import { createVerdicts, type Verdicts } from './drill/verdicts.ts'
import { requireNode } from './requireNode.ts'

requireNode()
/** Work that waits, for each core, before the drill itself adds its own. */
const BUSY = 0.7
const PARTS = ['load', 'access', 'restore', 'alone', 'crowd']
const USAGE = `npm run drill -- --minutes 2 --servers 3 --customers 100000 --only ${PARTS.join('|')}`
const values = readValues()
const minutes = Number(values.minutes)
const serverCount = Number(values.servers)
const customers = Number(values.customers ?? (minutes >= 10 ? 1_000_000 : 100_000))
if (
  !(minutes > 0) ||
  !(serverCount >= 2) ||
  !(customers > 0) ||
  values.only.some(part => !PARTS.includes(part))
) {
  console.error(`用法：${USAGE}`)
  process.exit(1)
}

function readValues() {
  try {
    return readArguments(USAGE, {
      options: {
        minutes: { type: 'string', default: '2' },
        servers: { type: 'string', default: '3' },
        customers: { type: 'string' },
        only: { type: 'string', multiple: true, default: PARTS },
      },
    }).values
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
const isWanted = (part: string) => values.only.includes(part)

/** Guides at work all the time, troubles one after the other, then a while without any. */
async function underLoad(stage: Stage, verdicts: Verdicts): Promise<void> {
  const { product, guides, withMake, corpId } = stage
  const lastsMs = minutes * 60_000
  const unheard = await lostBefore(product)
  const { templateId } = await withMake(make =>
    make.couponTemplate({ corpId, wecomCorpId: '' }, { stock: 100_000, perPerson: 5, validUntil: null }),
  )
  const intentions = await intentionsOf(stage)
  const quietOnes = new Set(intentions.map(({ externalUserId }) => externalUserId))
  const memory = watchMemory(product.servers)
  const sockets = watchSockets(product.servers)
  const load = startLoad(guides, intentions, templateId)
  const trouble = { stage, load, verdicts }
  try {
    await wait(lastsMs * 0.1)
    await verdicts.part('杀掉一台，再一台一台重启', 'P25', () => killAndRoll(trouble))
    await verdicts.part('数据库被杀', 'P22', () => crashDatabase(trouble))
    await verdicts.part('企业微信断了', 'P18 P19', () => wecomOutage(trouble, lastsMs * 0.1))
    await verdicts.part('回调涌来，夹着伪造的', 'P15 P16 P17', () => callbackFlood(trouble, quietOnes))
    await wait(lastsMs * 0.1)
    memory.warmedUp()
    console.log('\n平静地工作一会儿')
    await wait(lastsMs * 0.5)
  } finally {
    memory.stop(verdicts)
    await load.stop()
    await product.setFaults()
  }
  const { asked, forNow, replayed, written } = load.counts()
  const wrong = load.wrong()
  verdicts.note('P22', load.silences() === 0, `没有等到回答的请求 ${load.silences()} 个`)
  verdicts.note(
    'P11 P12',
    wrong.length === 0 && written > 0,
    `${asked} 个请求，${written} 件写入，被请稍后再来 ${forNow} 次，用同一个编号重问 ${replayed} 次，不该有的回答 ${wrong.length} 种${wrong.length > 0 ? `：${wrong.slice(0, 6).join('；')}` : ''}`,
  )
  await verdicts.part('一行一行对账', 'P11 P12 P16 P18', async () => {
    await settle(stage)
    await lookAtRows(stage, { written: load.written, intentions, unheard }, verdicts)
  })
  sockets.stop(verdicts)
  await verdicts.part('抢券', 'P9 P10', () => hotCoupon(stage, verdicts))
  await verdicts.part('提醒和早报', 'P20 P21', () => runDay(stage, verdicts))
}

const verdicts = createVerdicts()
console.log(`演练：${serverCount} 台服务器，${minutes} 分钟`)
const busy = () => (loadavg()[0] ?? 0) / cpus().length
if (busy() > BUSY)
  console.log(`这台机器正忙（每核负载 ${busy().toFixed(1)}）：和快慢有关的结论不作数，换个安静的时候再来`)
try {
  const stage = await openStage(serverCount)
  // PostgreSQL would outlive a drill that is broken off.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.stop().finally(() => process.exit(1)))
  try {
    if (isWanted('load')) await underLoad(stage, verdicts)
    if (isWanted('access')) {
      await verdicts.part('越权和登录', 'P1 P2 P3 P5 P7 P13 P27 P28', () => tryAccess(stage, verdicts))
      await verdicts.part('有人离职', 'P4', () => leave(stage, verdicts))
    }
    if (isWanted('restore')) {
      await verdicts.part('账和记录', 'P9 P10 P27 P28', () => auditAll(stage, verdicts))
      await verdicts.part('删除，再用旧备份恢复', 'P29', () => eraseAndRestore(stage, verdicts))
      await verdicts.part('恢复之后的账和记录', 'P9 P10 P27 P28', () => auditAll(stage, verdicts))
    }
    await verdicts.part('日志', 'P6', () => lookAtLogs(stage, verdicts))
    if (isWanted('alone')) {
      await verdicts.part('示例的密钥', 'P8', () => startWithSamples(stage, verdicts))
      await verdicts.part('自带的数据库', 'P23 P25', () => killWithOwnDatabase(stage, verdicts))
    }
    if (isWanted('crowd')) {
      const turnMs = Math.min(10_000, minutes * 2_000)
      await verdicts.part('两百位导购', 'P26', () => crowd(stage, { customers, turnMs }, verdicts))
    }
  } finally {
    await stage.stop()
  }
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
verdicts.print()
if (!verdicts.areKept()) process.exitCode = 1
console.log(verdicts.areKept() && process.exitCode !== 1 ? '\n演练过了：看到的承诺都守住了' : '\n演练没有过')

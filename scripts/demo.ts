/** `npm run demo`: the whole product on this machine, with a stand-in for WeCom; needs no corp account. */
import { createChildren, untilAnswers } from './children.ts'
import { demoEnvironment, startDemoClock } from './demoEnvironment.ts'
import { ensureWebBuilt } from './built.ts'
import { requireFreePorts } from './freePorts.ts'
import { requireNode } from './requireNode.ts'

requireNode()
const children = createChildren()
try {
  await run()
} catch (error) {
  if (!children.isEnding()) console.error(error instanceof Error ? error.message : error)
  await children.endAll()
  process.exit(1)
}

async function run(): Promise<void> {
  await requireFreePorts(process.env)
  const env = demoEnvironment(process.env)
  startDemoClock(process.env, env)
  ensureWebBuilt()
  children.start('沙盒', ['sandbox/main.ts'], env)
  await untilAnswers(`${env.WECOM_API_BASE}/sandbox/api/state`, '沙盒')
  children.start('服务器', ['server/main.ts'], env)
  await untilAnswers(`${env.SANDBOX_APP_URL}/readyz`, '服务器')
  const { seedTrial } = await import('./seedTrial.ts')
  await seedTrial(env, children.isEnding)
  if (children.isEnding()) return
  console.log(
    `\n  打开 ${env.PUBLIC_URL}/\n\n  左边选聊天，中间是聊天，右边是导购侧边栏和客户的手机。Ctrl-C 停下，数据留在 ${env.DATABASE_URL ? '数据库' : env.DATA_DIR} 里。\n`,
  )
}

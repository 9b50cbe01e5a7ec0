/** Takes one job up, says so, and never ends it: the test kills this process. */
import { PgBoss } from 'pg-boss'

const [, , url = '', name = ''] = process.argv
const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false })
await boss.start()
await boss.work(name, { pollingIntervalSeconds: 0.5 }, async () => {
  process.stdout.write('taken\n')
  await new Promise(() => setInterval(() => undefined, 1_000))
})

/**
 * `npm run audit:verify [-- --end <seq>:<hash>]`: walks the chain of the audit record of every corp, prints a verdict and the end of
 * the chain, and exits with 1 at a break. With an end that was noted before, that link must still be there: a chain made anew has
 * another one. Needs `DATABASE_URL`, or `DATA_DIR` for the embedded one. Reads only, and holds nobody up.
 */
import { readArguments, withDatabase } from './command.ts'
import { openDb } from './db/db.ts'
import { verifyRecords, type RecordVerdict } from './domains/audit/verifyRecords.ts'
import { readEnvFile } from './envFile.js'

const say = (line: unknown) => console.log(typeof line === 'string' ? line : JSON.stringify(line))
const log = { info: say, warn: say, error: say }
const troubles = {
  missing: '少了一行',
  severed: '和前一行接不上',
  altered: '内容被改过',
  otherEnd: '和记下的不是同一条链',
}

function tell({ wecomCorpId, walked, free, through, broken }: RecordVerdict): void {
  console.log(
    `${wecomCorpId}：${walked} 行${free > 0 ? `，另有 ${free} 行刚写下、几秒内入链` : ''}，末尾 ${through.seq}:${through.hash.toString('hex')}`,
  )
  console.log(broken ? `✗ 第 ${broken.seq} 行断了：${troubles[broken.trouble]}` : '记录完整')
}

async function run(): Promise<void> {
  const options = { end: { type: 'string' } } as const
  const { values } = readArguments('npm run audit:verify [-- --end 上次印出的末尾]', { options })
  readEnvFile()
  await withDatabase(process.env, async url => {
    const db = openDb(url, { log, poolSize: 1 })
    try {
      const verdicts = await verifyRecords(db.patient(), values.end)
      verdicts.forEach(tell)
      if (verdicts.some(({ broken }) => broken)) process.exitCode = 1
    } finally {
      await db.close()
    }
  })
}

try {
  await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

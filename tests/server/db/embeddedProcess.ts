/**
 * A process that uses an embedded cluster, to be treated roughly by the tests: says `open <joined> <pid> <url>`, then
 * writes row after row, says `row <n>` once each is committed, and closes in good order when its input says `close`.
 */
import { openEmbedded } from '../../../server/db/embedded.ts'
import { openDb } from '../../../server/db/db.ts'
import { sql } from 'kysely'

const [dataDir = '', shallWrite = ''] = process.argv.slice(2)
const log = { info: console.error, warn: console.error, error: console.error }
const cluster = await openEmbedded({ dataDir, log })
const db = openDb(cluster.url, { log })
// One after the other: two that create the same table at the same moment would both find that there is none.
await sql`do $$ begin
  perform pg_advisory_xact_lock(1);
  create table if not exists acknowledged (id integer generated always as identity, writer integer);
end $$`.execute(db)
console.log(`open ${cluster.joined} ${cluster.url}`)

let isClosing = false
process.stdin.once('data', () => {
  isClosing = true
})
while (!isClosing) {
  if (shallWrite) {
    const { rows } = await sql<{ id: number }>`
      insert into acknowledged (writer) values (${process.pid}) returning id`.execute(db)
    console.log(`row ${rows[0]?.id}`)
  }
  await new Promise(resolve => setTimeout(resolve, shallWrite ? 1 : 20))
}
await db.close()
await cluster.close()
console.log('closed')
process.exit(0)

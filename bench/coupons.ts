import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import { ensureCorp } from '../server/db/corp.ts'
import { openDb, type Db, type Tx } from '../server/db/db.ts'
import { openEmbedded } from '../server/db/embedded.ts'
import { isLockTimeout, isStatementTimeout } from '../server/db/failures.ts'
import { migrate } from '../server/db/migrate.ts'
import { auditCoupons } from '../server/domains/coupons/auditCoupons.ts'
import type { NewCoupon } from '../server/domains/coupons/coupons.repository.ts'
import { newSecrets } from '../server/domains/coupons/coupons.service.ts'
import { poolCount, restock } from '../server/domains/coupons/pools.ts'
import { createStockRepository } from '../server/domains/coupons/stock.repository.ts'
import { takePiece } from '../server/domains/coupons/takePiece.ts'
import { Refusal } from '../server/errors.ts'
import { median, round, type Row } from './row.ts'

const STOCK = 2_000
const CLIENTS = [16, 64]
const ROUNDS = 5

/**
 * S5: pieces of one hot template a second, each with its coupon and its ledger row in a transaction of its own, until the stock is
 * gone. Against the same transaction with the stock in one row, in the same interleaved run. Exact both times, or it fails.
 */
export async function measureCoupons(): Promise<Row[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'guidebar-bench-'))
  const log = pino({ level: 'silent' })
  const database = await openEmbedded({ dataDir, log, settings: { max_connections: '120' } })
  await migrate(database.url)
  const rows: Row[] = []
  try {
    for (const clients of CLIENTS) {
      const db = openDb(database.url, { log, poolSize: clients })
      const shop = await openShop(db)
      const pooled: number[] = []
      const naive: number[] = []
      for (let turn = 0; turn <= ROUNDS; turn++) {
        const ours = await piecesPerSecond(
          db,
          clients,
          await hotTemplate(db, shop.corpId, poolCount(STOCK)),
          shop,
          takePooled,
        )
        const one = await piecesPerSecond(
          db,
          clients,
          await hotTemplate(db, shop.corpId, 1),
          shop,
          takeFromOneRow,
        )
        // The first round warms the machine.
        if (turn === 0) continue
        pooled.push(ours)
        naive.push(one)
      }
      const { differences } = await auditCoupons(db)
      if (differences.length > 0) throw new Error(JSON.stringify(differences))
      await db.close()
      rows.push({
        name: 'S5',
        what: `one hot coupon, ${clients} clients, ${STOCK.toLocaleString('en')} pieces exactly`,
        measured: `${Math.round(median(pooled))}/s`,
        reference: `stock in one row ${Math.round(median(naive))}/s`,
        ratio: round(median(pooled.map((value, index) => value / (naive[index] ?? Number.NaN)))),
        good: '≥ 1.5',
        moonshot: '≥ 4',
        readings: { pooled, naive },
      })
    }
    return rows
  } finally {
    await database.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

interface Shop {
  corpId: number
  staffId: number
  customerIds: number[]
}

async function openShop(db: Db): Promise<Shop> {
  const now = new Date()
  const corpId = await ensureCorp(db, 'wwbench', now)
  const staff = await sql<{ staffId: number }>`
    insert into staff (corp_id, user_id, name, role, status, synced_at, confirmed_at)
    values (${corpId}, ${randomUUID()}, '导购', 'guide', 'active', ${now}, ${now}) returning staff_id as "staffId"`.execute(
    db,
  )
  const customers = await sql<{ customerId: number }>`
    insert into customers (corp_id, external_user_id, kind, gender, name, synced_at)
    select ${corpId}, 'wm' || gen_random_uuid(), 1, 2, '客户', ${now} from generate_series(1, ${STOCK + 1000})
    returning customer_id as "customerId"`.execute(db)
  await sql`vacuum analyze customers`.execute(db)
  return {
    corpId,
    staffId: staff.rows[0]?.staffId ?? 0,
    customerIds: customers.rows.map(row => row.customerId),
  }
}

async function hotTemplate(db: Db, corpId: number, pools: number): Promise<string> {
  const templateId = randomUUID()
  await db.transaction(async tx => {
    await sql`
      insert into coupon_templates (template_id, corp_id, name, kind, amount_fen, valid_days_after_claim, stock, state, created_at)
      values (${templateId}, ${corpId}, '周年庆', 'amountOff', 100, 30, ${STOCK}, 'running', now())`.execute(
      tx,
    )
    const empty = Array.from({ length: pools }, (_, pool) => ({ pool, stock: 0, live: 0 }))
    const filled = pools === 1 ? [{ pool: 0, stock: STOCK, live: 0 }] : restock(empty, STOCK)
    await createStockRepository(tx).writePools(templateId, filled, true)
  })
  return templateId
}

type Take = (tx: Tx, coupon: NewCoupon) => Promise<boolean>

const takePooled: Take = async (tx, coupon) => (await takePiece(tx, coupon, async () => 0)) === 'taken'

/** What one would write first: the stock is a number in a row. */
const takeFromOneRow: Take = async (tx, coupon) => {
  const taken = await sql`
    with taken as (
      update coupon_pools set live = live + 1
      where template_id = ${coupon.templateId} and pool = 0 and live < stock
      returning pool),
    added as (
      insert into coupons (coupon_id, corp_id, template_id, pool, customer_id, staff_id, origin, token, code, state, slot,
                           reserved_at, deadline)
      select ${coupon.couponId}::uuid, ${coupon.corpId}::int, ${coupon.templateId}::uuid, taken.pool,
             ${coupon.customerId}::bigint, ${coupon.staffId}::int, ${coupon.origin}, ${coupon.token}, ${coupon.code},
             ${coupon.state}, ${coupon.slot}::smallint, ${coupon.at}::timestamptz, ${coupon.deadline}::timestamptz
      from taken
      returning coupon_id, corp_id, template_id, pool)
    insert into coupon_ledger (corp_id, coupon_id, template_id, pool, from_state, to_state, actor, at)
    select corp_id, coupon_id, template_id, pool, null, ${coupon.state}, ${coupon.by}, ${coupon.at}::timestamptz from added
    returning coupon_id`.execute(tx)
  return taken.rows.length > 0
}

/** Whoever has waited too long for a row asks again, as the app does. */
async function insist<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act()
    } catch (error) {
      const isTooBusy = error instanceof Refusal && error.code === 'database_unavailable'
      if (!isTooBusy && !isLockTimeout(error) && !isStatementTimeout(error)) throw error
    }
  }
}

/** Every client takes one after the other for a customer of its own, until it is told that nothing is left. */
async function piecesPerSecond(
  db: Db,
  clients: number,
  templateId: string,
  { corpId, staffId, customerIds }: Shop,
  take: Take,
): Promise<number> {
  let next = 0
  let given = 0
  const client = async () => {
    for (;;) {
      const customerId = customerIds[next++]
      if (customerId === undefined) throw new Error('more were given than there are')
      const at = new Date()
      const coupon: NewCoupon = {
        ...{
          couponId: randomUUID(),
          corpId,
          templateId,
          customerId,
          staffId,
          origin: 'chat',
          state: 'reserved',
        },
        ...{ slot: 1, ...newSecrets(), at, deadline: at, expiresOn: null, by: 'bench', idempotencyKey: null },
      }
      if (!(await insist(() => db.transaction(tx => take(tx, coupon))))) return
      given++
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: clients }, client))
  const seconds = (performance.now() - started) / 1000
  if (given !== STOCK) throw new Error(`${given} of ${STOCK} were given`)
  return given / seconds
}

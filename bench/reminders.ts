import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import { ensureCorp } from '../server/db/corp.ts'
import { openDb } from '../server/db/db.ts'
import { openEmbedded } from '../server/db/embedded.ts'
import { migrate } from '../server/db/migrate.ts'
import { addDays, type CivilDay } from '../shared/rules/civilDay.ts'
import { fillCorp } from './scale.ts'
import { median, round, type Row } from './row.ts'

const CUSTOMERS = Number(process.env.BENCH_CUSTOMERS ?? 10_000_000)
/** A folder whose database is kept and gone on with the next time; without it a new one is filled and taken away. */
const KEPT_IN = process.env.BENCH_DATA_DIR
const FIRST_DAY: CivilDay = '2026-12-11'
const PLAIN_DAYS = 6
/** Fourteen days before New Year. */
const SKEW_DAY: CivilDay = '2026-12-18'
const DAY_OF_MOVING: CivilDay = '2027-01-02'

/** What one day's work took. */
export interface DailyRun {
  seconds: number
  memory: { before: number; after: number; peak: number }
  /** statements by the time they took, the longest first */
  steps: [string, number][]
}

interface Reading {
  day: CivilDay
  made: number
  run: DailyRun
  again: DailyRun
  reference: number
}

/**
 * S7: the day's work for every customer, day after day: what is long past expires, yesterday's dates move on a year, those due
 * become reminders. Against one bare INSERT … SELECT of the same reminders into a table with the same indexes and the same rows
 * before, taken before and after it. Numbers are checked each day, and that a second run adds none.
 */
export async function measureReminders(): Promise<Row[]> {
  const dataDir = KEPT_IN ?? (await mkdtemp(join(tmpdir(), 'guidebar-bench-')))
  const settings = { wal_level: 'minimal', max_wal_senders: '0' }
  const database = await openEmbedded({ dataDir, log: pino({ level: 'silent' }), settings })
  const pool = new pg.Pool({ connectionString: database.url, max: 2, options: '-c TimeZone=UTC' })
  // The database goes before the pool does when something else has failed.
  pool.on('error', () => undefined)
  let child: ChildProcess | undefined
  try {
    await migrate(database.url)
    const db = openDb(database.url, { log: pino({ level: 'silent' }) })
    const corpId = await ensureCorp(db, 'wwbench', new Date(`${FIRST_DAY}T00:00:00+08:00`))
    await db.close()
    const today = (await lastDayOf(pool, corpId)) ?? (await fill(pool, corpId))

    child = fork(join(import.meta.dirname, 'dailyRun.ts'), {
      env: { ...process.env, DATABASE_URL: database.url },
    })
    await once(child, 'message')
    const plain: Reading[] = []
    for (let day = addDays(today, 1); plain.length < PLAIN_DAYS && day !== SKEW_DAY; day = addDays(day, 1)) {
      plain.push(await measureDay(pool, child, corpId, day))
    }
    const skew = today < SKEW_DAY ? [await measureDay(pool, child, corpId, SKEW_DAY)] : []
    const moving = await moveOn(pool, child)
    child.send('end')
    await once(child, 'exit')
    return [rowOf('plain day', plain), ...skew.map(reading => rowOf('1 January skew', [reading])), ...moving]
  } finally {
    child?.kill()
    await pool.end()
    await database.close()
    if (!KEPT_IN) await rm(dataDir, { recursive: true, force: true })
  }
}

async function fill(pool: pg.Pool, corpId: number): Promise<CivilDay> {
  console.log(`${CUSTOMERS.toLocaleString('en')} customers with their dates …`)
  const started = performance.now()
  await fillCorp(pool, { corpId, customers: CUSTOMERS, today: FIRST_DAY, touchesEach: 0 })
  for (const table of references) {
    await pool.query(`create table ${table} (like reminders including all)`)
    await pool.query(`insert into ${table} select * from reminders`)
    await pool.query(`vacuum (analyze) ${table}`)
  }
  await pool.query('checkpoint')
  console.log(`… filled in ${Math.round((performance.now() - started) / 1000)} s`)
  return FIRST_DAY
}

/** Where a kept database stands; undefined when it is new. */
async function lastDayOf(pool: pg.Pool, corpId: number): Promise<CivilDay | undefined> {
  const { rows } = await pool.query<{ day: CivilDay | null }>(
    'select ran_on::text as day from reminder_plans where corp_id = $1',
    [corpId],
  )
  return rows[0]?.day ?? undefined
}

const references = ['bare_before', 'bare_after'] as const

async function measureDay(
  pool: pg.Pool,
  child: ChildProcess,
  corpId: number,
  day: CivilDay,
): Promise<Reading> {
  const before = await insertBare(pool, 'bare_before', corpId, day)
  const run = await runDay(child, day)
  const after = await insertBare(pool, 'bare_after', corpId, day)
  const made = await countOf(pool, day)
  if (made !== before.rows || made !== after.rows)
    throw new Error(`${day}: ${made} reminders, ${before.rows} and ${after.rows} wanted`)
  const total = await countOf(pool)
  const again = await runDay(child, day)
  if ((await countOf(pool)) !== total) throw new Error(`${day}: the second run has added reminders`)
  const reading = { day, made, run, again, reference: (before.seconds + after.seconds) / 2 }
  console.log(
    `${day}: ${made.toLocaleString('en')} reminders in ${round(run.seconds)} s, bare ${round(before.seconds)} and ${round(after.seconds)} s, second run ${round(again.seconds)} s`,
  )
  if (process.env.BENCH_STEPS) {
    for (const { steps } of [run, again])
      console.table(steps.slice(0, 7).map(([text, seconds]) => [text, round(seconds)]))
  }
  return reading
}

/** Day by day to the second of January, when the tenth of all dates that stands on the first moves on a year. */
async function moveOn(pool: pg.Pool, child: ChildProcess): Promise<Row[]> {
  let run: DailyRun | undefined
  for (let day = addDays(SKEW_DAY, 1); day <= DAY_OF_MOVING; day = addDays(day, 1))
    run = await runDay(child, day)
  const { rows } = await pool.query<{ moved: number; left: number }>(
    `select count(*) filter (where next_on >= $1::date + 364)::int as moved, count(*) filter (where next_on < $1::date)::int as left
     from important_dates where next_on < $1::date or next_on between $1::date + 364 and $1::date + 366`,
    [DAY_OF_MOVING],
  )
  const [{ moved, left } = { moved: 0, left: 0 }] = rows
  if (!run || left > 0 || moved === 0) throw new Error(`${left} dates have not moved on`)
  console.table(run.steps.slice(0, 5).map(([text, seconds]) => [text, round(seconds)]))
  const { before, after, peak } = run.memory
  return [
    {
      name: 'S7',
      what: `2 January, ${moved.toLocaleString('en')} dates move on a year, ${CUSTOMERS.toLocaleString('en')} customers`,
      measured: `${round(run.seconds)} s, ${Math.round(moved / run.seconds)} dates/s, RSS ${before} → ${after} MiB, ${peak} at most`,
      reference: '–',
      good: 'before the morning notice',
      moonshot: 'flat memory',
    },
  ]
}

async function runDay(child: ChildProcess, day: CivilDay): Promise<DailyRun> {
  const isOver = new AbortController()
  try {
    const answer = once(child, 'message', { signal: isOver.signal })
    const failure = once(child, 'exit', { signal: isOver.signal }).then(([code]) => {
      throw new Error(`the day's work ended with ${code}`)
    })
    child.send({ day })
    const [run] = (await Promise.race([answer, failure])) as [DailyRun]
    return run
  } finally {
    isOver.abort()
  }
}

async function insertBare(
  pool: pg.Pool,
  table: (typeof references)[number],
  corpId: number,
  day: CivilDay,
): Promise<{ rows: number; seconds: number }> {
  const started = performance.now()
  const { rowCount } = await pool.query(
    `insert into ${table} (reminder_id, corp_id, customer_id, staff_id, date_id, kind, occurrence, due_on, created_at)
     select gen_random_uuid(), d.corp_id, d.customer_id, f.staff_id, d.date_id, 'date', d.next_on, d.remind_on, now()
     from important_dates d
     join follows f on f.customer_id = d.customer_id and f.status = 'active'
     where d.corp_id = $1 and d.remind_on = $2::date`,
    [corpId, day],
  )
  return { rows: rowCount ?? 0, seconds: (performance.now() - started) / 1000 }
}

async function countOf(pool: pg.Pool, dueOn?: CivilDay): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int as count from reminders where ${dueOn ? 'due_on = $1::date and not is_late' : '$1::date is null'}`,
    [dueOn ?? null],
  )
  return rows[0]?.count ?? 0
}

function rowOf(what: string, readings: Reading[]): Row {
  const made = median(readings.map(reading => reading.made))
  const seconds = readings.map(({ run }) => run.seconds)
  const bare = readings.map(({ reference }) => reference)
  const ratios = readings.map(({ run, reference }) => run.seconds / reference)
  const memory = readings.map(({ run }) => run.memory)
  return {
    name: 'S7',
    what: `the day's reminders, ${what}, ${CUSTOMERS.toLocaleString('en')} customers, ${made.toLocaleString('en')} made`,
    measured: `${round(median(seconds))} s, RSS ${memory[0]?.before} → ${memory.at(-1)?.after} MiB, ${Math.max(...memory.map(({ peak }) => peak))} at most, second run none in ${round(median(readings.map(({ again }) => again.seconds)))} s`,
    reference: `bare insert ${round(median(bare))} s`,
    ratio: round(median(ratios)),
    good: '≤ 4',
    moonshot: '≤ 1.5, flat memory',
    readings: {
      seconds: seconds.map(each => round(each, 3)),
      bare: bare.map(each => round(each, 3)),
      again: readings.map(({ again }) => round(again.seconds, 3)),
    },
  }
}

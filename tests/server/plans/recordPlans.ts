import pg from 'pg'
import type { TestDb } from '../../support/testDb.ts'

/** A node of EXPLAIN's JSON, as far as it is looked at. */
export interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Heap Fetches'?: number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: PlanNode[]
}

export interface RecordedPlan {
  text: string
  plan: PlanNode
}

/**
 * PostgreSQL itself tells the plan of every statement as it ran, with its parameters and the rows that were really read: nothing is
 * asked a second time, and a prepared statement shows the plan it has by then. To be asked for before `db` is used.
 */
export async function recordPlans({ db, url }: TestDb): Promise<{ take: () => RecordedPlan[] }> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const database = client.escapeIdentifier(client.database ?? '')
  for (const [setting, value] of Object.entries(settings))
    await client.query(`alter database ${database} set ${setting} = '${value}'`)
  await client.end()
  let plans: RecordedPlan[] = []
  for (const { pool } of [db, db.thorough()])
    pool.on('connect', connected => {
      connected.on('notice', notice => {
        const json = /plan:\n([\s\S]*)$/.exec(notice.message ?? '')?.[1]
        if (json === undefined) return
        const told = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode }
        plans.push({ text: told['Query Text'], plan: told.Plan })
      })
    })
  return {
    take() {
      const taken = plans
      plans = []
      return taken
    },
  }
}

const settings = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  client_min_messages: 'log',
  // The corp of the tests lies in memory whole. At the price of a disk's arm the planner would rather read all of it than go to single
  // rows, which it would not do in one that is a hundred times as big.
  random_page_cost: '1.1',
}

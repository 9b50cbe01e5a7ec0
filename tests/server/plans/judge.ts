import type { PlanNode, RecordedPlan } from './recordPlans.ts'

/** Tables that grow with the customers; the others have a row per member, script or template at most. */
const BIG: ReadonlySet<string> = new Set([
  'audit_entries',
  'callback_events',
  'channel_arrivals',
  'coupon_ledger',
  'coupon_months',
  'coupons',
  'customers',
  'engravings',
  'follows',
  'group_members',
  'idempotency_keys',
  'important_dates',
  'job_common',
  'outbox',
  'people',
  'purchase_traces',
  'purchases',
  'reminders',
  'script_days',
  'send_parts',
  'sends',
  'sessions',
  'touches',
  'welcomes',
])

const ROWS_PER_ROW = 20
/** Entries of an index that alone answers lie side by side; what the table had to be asked for comes on top. */
const ENTRIES_PER_PAGE = 100
const ROWS_ANYWAY = 300

/** What a plan does that would take longer with every customer the corp wins; empty for a good one. */
export function judge({ text, plan }: RecordedPlan): string[] {
  const nodes = [...nodesOf(plan)]
  const returned = Math.max(
    rowsGiven(plan),
    ...nodes.filter(node => node['Node Type'] === 'ModifyTable').map(rowsTakenUp),
  )
  const allowed = ROWS_ANYWAY + ROWS_PER_ROW * returned
  const scans = nodes.filter(
    node => BIG.has(node['Relation Name'] ?? '') && node['Node Type'] !== 'ModifyTable',
  )
  const read = Math.round(scans.reduce((sum, node) => sum + rowsLookedAt(node), 0))
  const words = text.replaceAll(/\s+/g, ' ').trim().slice(0, 100)
  const ways = scans
    .filter(node => rowsLookedAt(node) > ROWS_PER_ROW)
    .map(node => `${node['Relation Name']} by ${node['Index Name'] ?? node['Node Type']}`)
  return [
    ...scans
      .filter(node => node['Node Type'].includes('Seq Scan'))
      .map(node => `goes through all of ${node['Relation Name']}: ${words}`),
    ...nodes
      .filter(node => node['Node Type'].includes('Sort') && rowsTakenUp(node) > allowed)
      .map(node => `sorts ${Math.round(rowsTakenUp(node))} rows: ${words}`),
    ...(read > allowed
      ? [`reads ${read} rows for ${Math.round(returned)} (${ways.join(', ')}): ${words}`]
      : []),
  ]
}

/** How many rows of a table a plan reads, an index that answers alone counted by its pages. */
export const rowsReadOf = (table: string, { plan }: RecordedPlan): number =>
  [...nodesOf(plan)]
    .filter(node => node['Relation Name'] === table)
    .reduce((sum, node) => sum + rowsLookedAt(node), 0)

const rowsGiven = (node: PlanNode): number => (node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 0)

const rowsTakenUp = (node: PlanNode): number =>
  (node.Plans ?? []).reduce((sum, child) => sum + rowsGiven(child), 0)

/** Those it threw away again included, over all its rounds. */
function rowsLookedAt(node: PlanNode): number {
  const thrownAway =
    ((node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)) *
    (node['Actual Loops'] ?? 0)
  const rows = rowsGiven(node) + thrownAway
  return node['Node Type'] === 'Index Only Scan'
    ? (node['Heap Fetches'] ?? 0) + rows / ENTRIES_PER_PAGE
    : rows
}

/** Every node, the outermost first. */
function* nodesOf(plan: PlanNode): Generator<PlanNode> {
  yield plan
  for (const child of plan.Plans ?? []) yield* nodesOf(child)
}

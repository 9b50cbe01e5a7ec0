import { startBigProduct } from './bigProduct.ts'
import { CUSTOMERS } from './card.ts'
import { round, type Row } from './row.ts'

const KILOBYTE = 1024
const REFERENCE_KB = 2
/** The budget counts two dates, the scale data has three for every two customers. */
const DATES_SHORT = 2 / 1.5

/** M3: what one customer takes on disk with everything that hangs on her, indexes included, all tables that speak of customers. */
export async function measureDisk(): Promise<Row[]> {
  const product = await startBigProduct(CUSTOMERS)
  try {
    const tables = await product.query<{ table: string; kb: number; indexKb: number }>(
      `select name as "table", pg_total_relation_size(oid) / ${KILOBYTE}.0::float8 / customers.count as kb,
              pg_indexes_size(oid) / ${KILOBYTE}.0::float8 / customers.count as "indexKb"
       from (
         select 'customers'::regclass as oid
         union select conrelid from pg_constraint where confrelid = 'customers'::regclass and contype = 'f') spoken
       cross join lateral (select spoken.oid::regclass::text as name) named
       cross join (select count(*)::float8 as count from customers) customers
       order by kb desc`,
    )
    const told = tables.filter(({ kb }) => kb >= 0.005)
    const sum = tables.reduce(
      (total, { table, kb }) => total + kb * (table === 'important_dates' ? DATES_SHORT : 1),
      0,
    )
    return [
      {
        name: 'M3',
        what: `disk per customer, ${CUSTOMERS.toLocaleString('en')} of them: 8 tags, 2 dates, 5 timeline rows, 1.2 followers, a mobile for every second; (of it indexes)`,
        measured: `${round(sum)} KB: ${told.map(({ table, kb, indexKb }) => `${table} ${round(kb)} (${round(indexKb)})`).join(', ')}`,
        reference: `${REFERENCE_KB.toFixed(1)} KB`,
        ratio: round(sum / REFERENCE_KB),
        good: '≤ 1.4 KB',
        moonshot: '≤ 0.8 KB',
      },
    ]
  } finally {
    await product.stop()
  }
}

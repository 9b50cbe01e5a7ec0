import { sql } from 'kysely'
import type { Db } from '../../server/db/db.ts'

/** Invented, like the shops themselves. */
const stores = [
  {
    name: '国贸店',
    address: '建国门外大街 1 号商城二层 B208',
    hours: '每天 10:00–22:00',
    phone: '010-5550 0108',
  },
  {
    name: '西单店',
    address: '西单北大街 120 号一层 A106',
    hours: '周一至周四 10:00–21:30，周五至周日 10:00–22:00',
    phone: '010-5550 0116',
  },
  {
    name: '望京店',
    address: '望京街 9 号购物中心一层 1F-15',
    hours: '每天 10:00–21:30',
    phone: '010-5550 0115',
  },
]

/**
 * Where the stores are, when they are open and how they are rung, as an admin would have noted it: the quick replies can be
 * sent. What is noted stays.
 */
export async function seedStores(db: Db, corpId: number): Promise<void> {
  await sql`
    update stores set address = coalesce(stores.address, known.address), hours = coalesce(stores.hours, known.hours),
                      phone = coalesce(stores.phone, known.phone)
    from jsonb_to_recordset(${JSON.stringify(stores)}::jsonb) known (name text, address text, hours text, phone text)
    where stores.corp_id = ${corpId} and stores.name = known.name`.execute(db)
}

import { sql } from 'kysely'
import type { Db } from '../../server/db/db.ts'

/** Invented, like the shops themselves. */
const addresses: Readonly<Record<string, string>> = {
  国贸店: '建国门外大街 1 号商城二层 B208',
  西单店: '西单北大街 120 号一层 A106',
  望京店: '望京街 9 号购物中心一层 1F-15',
}

/** Where the stores are, as an admin would have noted it: the quick reply with the address can be sent. What is noted stays. */
export async function seedStores(db: Db, corpId: number): Promise<void> {
  await sql`
    update stores set address = known.address
    from unnest(${Object.keys(addresses)}::text[], ${Object.values(addresses)}::text[]) known (name, address)
    where stores.corp_id = ${corpId} and stores.name = known.name and stores.address is null`.execute(db)
}

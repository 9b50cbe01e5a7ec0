import type pg from 'pg'
import { customerSearchKey, phoneTails } from '../server/domains/customers/searchKeys.ts'
import { createSealing } from '../server/sealing.ts'

/** What the products of the bench are started with. */
export const BENCH_SECRET = 'test-only-0123456789abcdef0123456789abcdef'
export const NAMES = 4_000
export const PHONES = 10_000

const surnames = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕'
const given = '婉清雨桐欣怡梓涵诗语嘉敏静雅慧琳佳宁思颖晓彤美玲丽娜秀英子墨宇轩浩然志强建国文博俊杰'

/** Names as people have them, with the product's own keys for search and order (`bench_names`). */
export async function fillNames(client: pg.PoolClient): Promise<void> {
  const at = (list: string, index: number) => list[index % list.length] ?? ''
  const all = Array.from({ length: NAMES }, (_, n) => {
    const surname = at(surnames, n)
    const name = surname + at(given, Math.floor(n / surnames.length)) + (n % 5 ? at(given, n * 7 + 3) : '')
    const salutation = n % 2 ? `${surname}姐` : null
    return { name, salutation, ...customerSearchKey({ remark: null, name, salutation }) }
  })
  await client.query(
    'create table bench_names (n integer primary key, name text, salutation text, search_key text, sort_key text)',
  )
  await client.query(
    `insert into bench_names
     select n - 1, name, salutation, search_key, sort_key
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as t (name, salutation, search_key, sort_key, n)`,
    [
      all.map(({ name }) => name),
      all.map(({ salutation }) => salutation),
      all.map(({ searchKey }) => searchKey),
      all.map(({ sortKey }) => sortKey),
    ],
  )
}

/** Mobiles, sealed and with the hashes of their tails as the product keeps them (`bench_phones`). */
export async function fillPhones(client: pg.PoolClient): Promise<void> {
  const sealing = createSealing(BENCH_SECRET)
  const all = Array.from({ length: PHONES }, (_, n) => `1380013${String(n).padStart(4, '0')}`)
  await client.query(
    'create table bench_phones (n integer primary key, phone text, sealed bytea, tail bytea)',
  )
  await client.query(
    `insert into bench_phones
     select n - 1, phone, sealed, tail from unnest($1::text[], $2::bytea[], $3::bytea[]) with ordinality as t (phone, sealed, tail, n)`,
    [
      all,
      all.map(phone => sealing.seal(JSON.stringify([phone]))),
      all.map(phone => phoneTails(sealing, [phone])[0]),
    ],
  )
}

/** A guide has this many customers in the middle, 3,000 at the 95th percentile, 20,000 at most (log-logistic). */
export const MEDIAN_CUSTOMERS = 450
const P95_CUSTOMERS = 3_000
const MOST_CUSTOMERS = 20_000
const SPREAD = Math.log(P95_CUSTOMERS / MEDIAN_CUSTOMERS) / Math.log(19)
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** How many relations each guide has, `relations` in all; the first `medians` guides have exactly the median. */
export function guideSizes(relations: number, medians: number): number[] {
  const sizes: number[] = []
  let left = relations
  for (let nth = 0; left > 0; nth++) {
    const quantile = ((nth + 0.5) * GOLDEN) % 1
    const drawn = MEDIAN_CUSTOMERS * (quantile / (1 - quantile)) ** SPREAD
    const size = nth < medians ? MEDIAN_CUSTOMERS : Math.round(Math.min(MOST_CUSTOMERS, Math.max(1, drawn)))
    sizes.push(Math.min(size, left))
    left -= size
  }
  return sizes
}

import { randomUUID } from 'node:crypto'
import type { Product } from './processes.ts'

/** Words of a jewellery shop with their sound: what titles and tags are made of. */
const WORDS: readonly (readonly [text: string, pinyin: string])[] = [
  ['生日', 'sheng ri'],
  ['祝福', 'zhu fu'],
  ['项链', 'xiang lian'],
  ['足金', 'zu jin'],
  ['翡翠', 'fei cui'],
  ['珍珠', 'zhen zhu'],
  ['戒指', 'jie zhi'],
  ['手镯', 'shou zhuo'],
  ['保养', 'bao yang'],
  ['清洗', 'qing xi'],
  ['邀约', 'yao yue'],
  ['到店', 'dao dian'],
  ['新款', 'xin kuan'],
  ['古法', 'gu fa'],
  ['长辈', 'zhang bei'],
  ['妈妈', 'ma ma'],
  ['爱人', 'ai ren'],
  ['孩子', 'hai zi'],
  ['纪念', 'ji nian'],
  ['节日', 'jie ri'],
  ['问候', 'wen hou'],
  ['简约', 'jian yue'],
]
const OCCASIONS = ['birthdayElder', 'wedding', 'newFriend', 'festival', 'care', 'visit', 'daily']

/** The same name for the same number; 10,648 different ones. */
function nameOf(index: number): { text: string; pinyin: string; initials: string } {
  const picked = [index, Math.floor(index / 22), Math.floor(index / 484)].map(
    at => WORDS[at % WORDS.length] ?? (['', ''] as const),
  )
  const pinyin = picked.map(([, sound]) => sound).join(' ')
  return {
    text: picked.map(([text]) => text).join(''),
    pinyin,
    initials: pinyin
      .split(' ')
      .map(syllable => syllable.charAt(0))
      .join(''),
  }
}

/** Fills the company's library up with scripts `from` … `to`, before all others, each of one or two texts. */
export async function fillScripts(query: Product['query'], from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset
    const { text, pinyin, initials } = nameOf(index)
    const first = `{称呼|您好}，${text}的事我一直记着，您方便时来{门店|店里}坐坐，我给您看看第 ${index} 款。`
    const texts = index % 3 === 0 ? [first, '到门口给我发个消息，我出来接您。'] : [first]
    return {
      id: randomUUID(),
      title: text,
      occasion: OCCASIONS[index % OCCASIONS.length],
      parts: texts.map(one => ({ kind: 'text', text: one })),
      sort: index - 1_000_000,
      pinyin,
      initials,
    }
  })
  await query(
    `insert into scripts (script_id, corp_id, title, occasion, parts, sort, pinyin, initials, updated_at)
     select r.id, (select min(corp_id) from corps), r.title, r.occasion, r.parts, r.sort, r.pinyin, r.initials, now()
     from jsonb_to_recordset($1::jsonb)
       as r(id uuid, title text, occasion text, parts jsonb, sort integer, pinyin text, initials text)`,
    [JSON.stringify(rows)],
  )
}

/** Puts tags `from` … `to` into the catalogue, a hundred to a group. */
export async function fillTags(query: Product['query'], from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, offset) => ({
    n: from + offset,
    ...nameOf(from + offset),
  }))
  await query(
    `insert into tag_groups (corp_id, wecom_id, name, sort)
     select (select min(corp_id) from corps), 'etBIG' || n, '第 ' || n || ' 组', n
     from generate_series($1::int / 100, ($2::int - 1) / 100) n on conflict do nothing`,
    [from, to],
  )
  await query(
    `insert into tags (corp_id, group_id, wecom_id, name, sort, pinyin, initials)
     select g.corp_id, g.group_id, 'etBIGT' || r.n, r.text, r.n, r.pinyin, r.initials
     from jsonb_to_recordset($1::jsonb) as r(n integer, text text, pinyin text, initials text)
     join tag_groups g on g.wecom_id = 'etBIG' || (r.n / 100)`,
    [JSON.stringify(rows)],
  )
}

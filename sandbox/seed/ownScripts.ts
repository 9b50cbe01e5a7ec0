import type { ScriptDraft } from '../../shared/contract/scriptLibrary.ts'
import { addDays, type CivilDay } from '../../shared/rules/civilDay.ts'
import type { Rooms, Served } from './rooms.ts'
import { COMPANY_TITLE, FIRST_GUIDE } from './sharedScripts.ts'

type Words = Pick<ScriptDraft, 'title' | 'occasion' | 'effectiveFrom' | 'effectiveUntil'> & {
  texts: string[]
}

/** What guides write for themselves; the second holds for some days only. */
const ownWords = (today: CivilDay): Words[] => [
  {
    title: '我的 · 回来看看',
    occasion: 'visit',
    effectiveFrom: null,
    effectiveUntil: null,
    texts: [
      '{称呼|您好}，好久没见您啦。{上次购买|首饰}戴着还喜欢吗？路过{门店|店里}进来坐坐，我给您清洗一下。',
    ],
  },
  {
    title: '我的 · 年底前清洗',
    occasion: 'care',
    effectiveFrom: addDays(today, -7),
    effectiveUntil: addDays(today, 40),
    texts: [
      '{称呼|您好}，年底前想给您的首饰做一次清洗，免得过年那几天排队。',
      '您哪天方便？我给您留个位子，一刻钟就好。',
    ],
  },
]

/** Own scripts of two guides, one of them among the favourites with one of the company's; done once. */
export async function seedOwnScripts(
  { scripts, library }: Pick<Rooms, 'scripts' | 'library'>,
  served: readonly Served[],
  today: CivilDay,
): Promise<void> {
  const guides = [...new Map(served.map(({ guide }) => [guide.userId, guide])).values()]
  const first = guides
    .filter(({ role }) => role === 'guide')
    .sort((a, b) => Number(b.userId === FIRST_GUIDE) - Number(a.userId === FIRST_GUIDE))
  for (const guide of first.slice(0, 2)) {
    const known = new Set((await library.list(guide)).scripts.map(({ title }) => title))
    const liked = (await scripts.list(guide)).scripts.find(({ title }) => title === COMPANY_TITLE)
    if (liked && known.size === 0) await scripts.markFavourite(guide, liked.scriptId, true)
    for (const { texts, ...words } of ownWords(today)) {
      if (known.has(words.title)) continue
      const parts = texts.map(text => ({ kind: 'text' as const, text }))
      const draft = { ...words, parts, scope: 'personal', storeId: null } as const
      const { scriptId } = await library.add(guide, draft, undefined)
      if (words.effectiveUntil === null) await scripts.markFavourite(guide, scriptId, true)
    }
  }
}

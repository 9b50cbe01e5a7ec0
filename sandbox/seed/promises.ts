import { addDays, type CivilDay } from '../../shared/rules/civilDay.ts'
import { wellKnown } from '../world/wellKnown.ts'
import { intentOf, type Rooms, type Served } from './rooms.ts'

/** What 陈露 has promised: one thing for today, one for the days to come. */
const promised = [
  { externalUserId: wellKnown.mrHe, words: '今天把改好的戒圈拍给他看', inDays: 0 },
  { externalUserId: wellKnown.zhangMin, words: '三天内回复手镯的价格', inDays: 3 },
]

export async function seedPromise(
  { reminders }: Rooms,
  colleagues: readonly Served[],
  today: CivilDay,
): Promise<void> {
  const [first] = colleagues
  const promise = promised.find(each => each.externalUserId === first?.externalUserId)
  if (!first || !promise) return
  const { guide, externalUserId } = colleagues.find(each => each.guide.userId === 'chenlu') ?? first
  const draft = { words: promise.words, day: addDays(today, promise.inDays) }
  await reminders.addPromise(guide, externalUserId, draft, intentOf('addPromise', externalUserId))
}

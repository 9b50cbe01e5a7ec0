import { momentOf } from './calendar.ts'
import type { ChatMessage, CustomerGroup, Follow } from './types.ts'
import { wellKnown } from './wellKnown.ts'

/** Of the link in the card of a coupon given long ago; the product has the same coupon. */
export const OLDER_COUPON_TOKEN = 'demo-mid-autumn-coupon'

/** Who speaks: the member or the customer; a coupon card is the member's, sent from the sidebar. */
type Line = [daysAgo: number, time: string, who: 'member' | 'customer' | 'card', text: string]

const withLiWanqing: Line[] = [
  [187, '16:02', 'member', '手链给您包好了，祝阿姨戴着平安。'],
  [187, '16:05', 'customer', '谢谢小陈，妈妈很喜欢'],
  [62, '11:40', 'card', '中秋团圆券 ¥150'],
  [0, '10:18', 'customer', '小陈，我妈快过生日了，上次说的刻字吊坠还能赶上吗？'],
  [0, '10:19', 'member', '能赶上！我给您做张效果图，稍等一分钟。'],
  [0, '10:20', 'customer', '好呀，我看看样子'],
]

const chats: { userId: string; externalUserId: string; lines: Line[] }[] = [
  { userId: 'chenlu', externalUserId: wellKnown.liWanqing, lines: withLiWanqing },
  {
    userId: 'chenlu',
    externalUserId: wellKnown.zhangMin,
    lines: [
      [3, '14:10', 'member', '张姐，您订的戒指到店了，圈口按 12 号留的。'],
      [3, '14:32', 'customer', '太好了，周末过去取'],
      [1, '20:41', 'member', '周六店里人多，我给您留个靠窗的位子，几点方便？'],
      [1, '21:03', 'customer', '周六下午三点可以吗'],
    ],
  },
  {
    userId: 'chenlu',
    externalUserId: wellKnown.mrHe,
    lines: [
      [9, '18:20', 'customer', '纪念日那条项链，帮我写张卡片吧'],
      [9, '18:24', 'member', '好的，写「十二年，谢谢你」可以吗？'],
      [7, '12:15', 'member', '项链和卡片都包好了，今天六点前给您送到。'],
      [7, '21:48', 'customer', '谢谢，太太很喜欢'],
    ],
  },
  {
    userId: 'chenlu',
    externalUserId: wellKnown.auntWu,
    lines: [
      [2, '09:30', 'customer', '小陈啊，外孙女下周满月'],
      [2, '09:41', 'member', '恭喜吴阿姨，给宝宝挑个长命锁吧，我发几款给您看。'],
      [2, '09:58', 'customer', '长命锁有小一点的吗'],
    ],
  },
  {
    userId: 'chenlu',
    externalUserId: wellKnown.missSun,
    lines: [[1, '18:20', 'customer', '我通过了你的联系人验证请求，现在我们可以开始聊天了']],
  },
  {
    userId: 'chenlu',
    externalUserId: wellKnown.mia,
    lines: [
      [20, '13:05', 'customer', '那对珍珠耳钉还有吗'],
      [20, '13:11', 'member', '还有一对，给您留着，方便的时候来试试。'],
    ],
  },
  {
    userId: 'chenlu',
    externalUserId: wellKnown.lily,
    lines: [
      [130, '15:00', 'member', 'Lily，银饰可以免费清洗，路过带来就行。'],
      [130, '15:20', 'customer', '好的'],
    ],
  },
  {
    userId: 'chenlu',
    externalUserId: wellKnown.wangLiqun,
    lines: [
      [33, '19:02', 'customer', '我妈生日想送个镯子，先帮我看看古法的'],
      [33, '19:15', 'member', '王哥，有两款 30 克上下的，开口和闭口都有，我留一下。'],
    ],
  },
  {
    userId: 'zhoumin',
    externalUserId: wellKnown.liWanqing,
    lines: [
      [15, '10:00', 'member', '婉清您好，手链戴了半年，可以来店里免费清洗保养了。'],
      [15, '12:26', 'customer', '好的，有空过去'],
    ],
  },
  {
    userId: 'guoqian',
    externalUserId: wellKnown.otherZhangMin,
    lines: [
      [4, '20:00', 'customer', '对戒的圈口量好了，他 18，我 11'],
      [4, '20:06', 'member', '收到，周五给您看样图。'],
    ],
  },
]

/** A few words for the first active customer of every other guide, so that nobody's chat list is empty. */
const smallTalk: Line[][] = [
  [
    [5, '11:20', 'customer', '上次那款还在吗，想再试试'],
    [5, '11:26', 'member', '在的，给您留一天，您几点过来？'],
  ],
  [
    [8, '16:40', 'member', '您的手镯改好了，随时可以来取。'],
    [8, '17:02', 'customer', '好的，谢谢'],
  ],
  [
    [12, '19:31', 'customer', '今天金价多少'],
    [12, '19:33', 'member', '我查一下马上回您。'],
  ],
]

const groupLines: Record<string, [daysAgo: number, time: string, member: string, text: string][]> = {
  国贸店老友群: [
    [6, '10:00', 'chenlu', '新到一批古法金小件，想看的姐妹说一声。'],
    [1, '17:30', 'zhoumin', '明天店庆'],
  ],
  '国贸店 黄金保养小课堂': [[3, '20:00', 'zhoumin', '黄金不要和银饰放在一起，容易染色。']],
  西单店会员福利群: [[2, '12:00', 'linxiaoyu', '会员日到店双倍积分。']],
}

/** @returns the conversations as they stand when the sandbox starts, oldest message first */
export function planChats(now: number, follows: Follow[], groups: CustomerGroup[]): ChatMessage[] {
  const messages: Omit<ChatMessage, 'id'>[] = []
  const atMoment = (daysAgo: number, time: string) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number)
    return momentOf(now, -daysAgo, hour, minute)
  }
  for (const { userId, externalUserId, lines } of [...chats, ...chatsOfOthers(now, follows)]) {
    // Opened before the time of a line of today, the whole talk of today moves to just before now.
    const early = Math.max(0, ...lines.map(([daysAgo, time]) => atMoment(daysAgo, time) - now + 60_000))
    for (const [daysAgo, time, who, text] of lines) {
      const at = atMoment(daysAgo, time) - (daysAgo === 0 ? early : 0)
      messages.push(lineToMessage({ userId, externalUserId, who, text, at }))
    }
  }
  for (const group of groups) {
    for (const [daysAgo, time, userId, content] of groupLines[group.name] ?? []) {
      messages.push({
        conversationId: `group:${group.chatId}`,
        from: { kind: 'member', id: userId },
        at: atMoment(daysAgo, time),
        via: 'typed',
        body: { msgtype: 'text', content },
      })
    }
  }
  return messages
    .sort((one, other) => one.at - other.at)
    .map((message, index) => ({ id: `m${String(index + 1).padStart(6, '0')}`, ...message }))
}

function chatsOfOthers(now: number, follows: Follow[]) {
  const talking = new Set(chats.map(({ userId }) => userId))
  const others = [...new Set(follows.map(({ userId }) => userId))].filter(userId => !talking.has(userId))
  const addedBefore = momentOf(now, -15, 0) / 1000
  return others.flatMap(userId =>
    follows
      .filter(
        follow => follow.userId === userId && follow.status === 'active' && follow.createdAt < addedBefore,
      )
      .slice(0, 2)
      .map(({ externalUserId }, turn) => ({
        userId,
        externalUserId,
        lines: smallTalk[(others.indexOf(userId) + turn) % smallTalk.length] ?? [],
      })),
  )
}

function lineToMessage(line: {
  userId: string
  externalUserId: string
  who: Line[2]
  text: string
  at: number
}): Omit<ChatMessage, 'id'> {
  const isCustomer = line.who === 'customer'
  return {
    conversationId: `single:${line.userId}:${line.externalUserId}`,
    from: isCustomer ? { kind: 'customer', id: line.externalUserId } : { kind: 'member', id: line.userId },
    at: line.at,
    via: line.who === 'card' ? 'sendChatMessage' : 'typed',
    body:
      line.who === 'card'
        ? {
            msgtype: 'news',
            link: `/c/${OLDER_COUPON_TOKEN}`,
            title: line.text,
            desc: '满 2000 可用，点开领取',
            imgUrl: '',
          }
        : { msgtype: 'text', content: line.text },
  }
}

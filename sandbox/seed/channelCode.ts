import { pino } from 'pino'
import type { Clock } from '../../server/clock.ts'
import type { Db } from '../../server/db/db.ts'
import { createChannelCodesService } from '../../server/domains/channelCodes/channelCodes.service.ts'
import { createOutboxService } from '../../server/domains/outbox/outbox.service.ts'
import { createTagsService } from '../../server/domains/tags/tags.service.ts'
import type { Queue } from '../../server/jobs/job.ts'
import type { WecomClient } from '../../server/wecom/client.ts'
import { intentOf, type Rooms, type Served } from './rooms.ts'

const GUIDES = ['chenlu', 'zhoumin']

/** A code at the till of the first store, to be scanned on the customer's phone; the running server makes it at WeCom. */
export async function seedChannelCode(
  { db, clock, customers }: { db: Db; clock: Clock } & Pick<Rooms, 'customers'>,
  served: readonly Served[],
  templateId: string,
): Promise<void> {
  const guides = GUIDES.flatMap(userId => served.find(({ guide }) => guide.userId === userId)?.guide ?? [])
  const [first] = guides
  if (!first) return
  // Nobody is woken: the server's sweep finds what waits within a minute.
  const queue: Queue = { send: async () => undefined }
  const outbox = createOutboxService({ db, clock, queue })
  // Never asked for: WeCom is told by the server.
  const wecom = {} as WecomClient
  const tags = createTagsService({ db, clock, log: pino({ level: 'silent' }), outbox, wecom, customers })
  const codes = createChannelCodesService({ db, clock, outbox, tags, wecom })
  await codes.add(
    { ...first, role: 'admin' },
    {
      name: '国贸店收银台',
      guideUserIds: guides.map(({ userId }) => userId),
      tagIds: [],
      welcomeText:
        '{称呼}，您好，我是{门店}的{导购姓名}，以后有什么想看的随时找我。送您一份见面礼，来店里就能用。',
      templateId,
      skipVerify: true,
    },
    intentOf('addChannelCode', 'till'),
  )
}

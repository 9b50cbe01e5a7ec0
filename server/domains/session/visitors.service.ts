import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/db.ts'
import { digest, randomToken } from '../../sealing.ts'
import type { WecomClient } from '../../wecom/client.ts'
import { askWecom, unlessSpent } from './askWecom.ts'
import { authorizeUrl } from './authorizeUrl.ts'
import { createSessionRepository } from './session.repository.ts'

/** Where WeChat sends people from outside back to. */
export const VISITOR_RETURN_PATH = '/c/back'
/** WeCom's code lives five minutes; a return later than this belongs to nobody's open page. */
const VISIT_LIFE_MS = 10 * 60_000

export interface VisitorsDeps {
  db: Db
  clock: Clock
  wecom: Pick<WecomClient, 'findVisitor'>
  config: Pick<Config, 'publicUrl'> & { wecom: Pick<Config['wecom'], 'corpId' | 'agentId' | 'oauthBase'> }
}

/** How a return from WeChat ends; `returnTo` is where the visit began. */
export type VisitReturn =
  | { kind: 'known'; openId: string; externalUserId: string | null; returnTo: string }
  /** a member of the corp, or somebody whom WeCom does not name */
  | { kind: 'member' | 'unnamed'; returnTo: string }
  /** the same return once more: the first has done its work */
  | { kind: 'repeated'; returnTo: string }
  /** a foreign, unknown, late or spent one */
  | { kind: 'lost'; returnTo: string | null }

export type VisitorsService = ReturnType<typeof createVisitorsService>

/**
 * Knowing people from outside once, silently, where a page needs one person and not another: WeCom's OAuth as for members,
 * but nobody is signed in. Each visit has a random state of its own, good once, in the browser that started it (P5).
 */
export const createVisitorsService = ({ db, clock, wecom, config }: VisitorsDeps) => {
  const repository = createSessionRepository(db)
  // Another name than a member's state has: neither return takes what the other has started.
  const nameOf = (state: string) => digest(`visit ${state}`)

  return {
    /**
     * @param returnTo a path of ours
     * @param knownToken what this browser's login cookie holds already
     */
    async start(
      returnTo: string,
      knownToken: string | undefined,
    ): Promise<{ authorizeUrl: string; browserToken: string }> {
      const browserToken = knownToken ?? randomToken(32)
      const state = Buffer.from(randomToken(32), 'base64url').toString('hex')
      await repository.insertAttempt({
        stateHash: nameOf(state),
        browserHash: digest(browserToken),
        returnTo,
        now: clock.now(),
      })
      return { authorizeUrl: authorizeUrl(config, { returnPath: VISITOR_RETURN_PATH, state }), browserToken }
    },

    /** @throws Upstream when WeCom cannot be asked */
    async finish(returned: {
      code: string | undefined
      state: string | undefined
      browserToken: string | undefined
    }): Promise<VisitReturn> {
      const { code, state, browserToken } = returned
      if (!code || !state || !browserToken) return { kind: 'lost', returnTo: null }
      const visit = await repository.findAttempt(nameOf(state))
      if (!visit || !timingSafeEqual(visit.browserHash, digest(browserToken)))
        return { kind: 'lost', returnTo: null }
      const { returnTo } = visit
      const now = clock.now()
      if (visit.usedAt) return { kind: 'repeated', returnTo }
      if (now.getTime() - visit.createdAt.getTime() > VISIT_LIFE_MS) return { kind: 'lost', returnTo }
      if (!(await repository.useAttempt(nameOf(state), now))) return { kind: 'repeated', returnTo }
      const visitor = await askWecom(() => unlessSpent(wecom.findVisitor(code)))
      if (visitor === 'spent') return { kind: 'lost', returnTo }
      if (!visitor) return { kind: 'unnamed', returnTo }
      if (visitor.kind === 'member') return { kind: 'member', returnTo }
      return { kind: 'known', openId: visitor.openId, externalUserId: visitor.externalUserId, returnTo }
    },
  }
}

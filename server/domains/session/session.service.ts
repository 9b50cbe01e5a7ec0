import { timingSafeEqual } from 'node:crypto'
import type { Logger } from 'pino'
import type { JssdkSignatures, Session } from '../../../shared/contract/session.ts'
import type { StaffActor } from '../../actor.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import type { Db, Tx } from '../../db/db.ts'
import { Forbidden, Invalid, NotFound, Unauthenticated } from '../../errors.ts'
import { digest, randomToken, type Sealing } from '../../sealing.ts'
import { isNoMember, WecomError, type WecomClient, type WecomMember } from '../../wecom/client.ts'
import { appendAudit } from '../audit/appendAudit.ts'
import type { DenialsService } from '../audit/denials.service.ts'
import { askWecom, unlessSpent } from './askWecom.ts'
import { authorizeUrl } from './authorizeUrl.ts'
import { clientOf } from './clientOf.ts'
import { createMembersRepository, type LearntMember } from './members.repository.ts'
import { ownPage, ownPath } from './ownPath.ts'
import { createSessionRepository } from './session.repository.ts'
import { signPage } from './signPage.ts'
import { SESSION_LIFE_MS, SESSION_TOUCH_MS, touchSession } from './validSession.ts'

/** Where WeCom sends members back to. */
const LOGIN_RETURN_PATH = '/auth/callback'
/** WeCom's code lives five minutes; a return later than this belongs to nobody's open page. */
const LOGIN_LIFE_MS = 10 * 60_000
/** A while longer than a login lives, so that the same return once more is known as that. Anybody may begin one: what is kept is bounded. */
const KEPT_ATTEMPTS_MS = 60 * 60_000
/**
 * A page that could not use its tickets asks for new ones. WeCom gives an app 100 an hour: a few renewals may follow each
 * other quickly (WeCom has dropped its tickets), after that they are at least a minute apart for everybody together.
 */
const TICKET_MIN_AGE_SECONDS = 60
const QUICK_TICKET_MIN_AGE_SECONDS = 3
const QUICK_RENEWALS_PER_HOUR = 10
/** Rights older than this are asked about again where much depends on them (P4). */
const BELIEVED_MS = 10 * 60_000
const KEPT_SESSIONS_MS = 24 * 60 * 60_000
/** Longer than a write waits on a device (seven days): what was done already is then known by its key (P11). */
export const KEPT_ANSWERS_MS = 8 * 24 * 60 * 60_000

export interface SessionDeps {
  db: Db
  clock: Clock
  log: Logger
  wecom: WecomClient
  sealing: Sealing
  config: Pick<Config, 'publicUrl' | 'wecom' | 'adminUserIds' | 'timeZone'>
  corpId: number
  denials: Pick<DenialsService, 'note'>
}

export interface StartedLogin {
  /** the page of WeCom that sends the member back with a code */
  authorizeUrl: string
  /** binds the login to this browser: goes into its cookie */
  browserToken: string
}

/** How a return from WeCom ends. */
export type LoginReturn =
  | { kind: 'in'; sessionToken: string; returnTo: string }
  /** the same return once more: the first has done its work */
  | { kind: 'repeated'; returnTo: string }
  /** a foreign, unknown, late or spent one; a login that has been started anew already is not started again */
  | { kind: 'lost'; isRestart: boolean; returnTo: string }

/** First letter of a `state`: whether this login was started because another one got lost. */
const FIRST = 'a'
const RESTART = 'b'

export function createSessionService(deps: SessionDeps) {
  const { db, clock, log, wecom, config, corpId, denials } = deps
  const { publicUrl } = config
  const repository = createSessionRepository(db)

  /** What follows from departments, stores and ADMIN_USERIDS for the rights of some members, or (null) of all. */
  async function refreshRights(tx: Tx, staffIds: number[] | null): Promise<void> {
    const members = createMembersRepository(tx, corpId)
    await members.placeMembers(staffIds)
    await members.writeLeaders(staffIds)
    await members.writeRoles(config.adminUserIds, staffIds)
  }

  /** Members as WeCom told of them at `askedAt`; who has been asked about since stays as she is. @returns those written */
  async function writeMembers(tx: Tx, told: WecomMember[], askedAt: Date): Promise<number[]> {
    const byId = new Map(told.map(member => [member.userId.toLowerCase(), toLearnt(member)]))
    if (byId.size === 0) return []
    await createMembersRepository(tx, corpId).lock()
    const written = await createMembersRepository(tx, corpId).upsert([...byId.values()], askedAt, clock.now())
    await refreshRights(tx, written)
    return written
  }

  /**
   * WeCom's word on a member, written down: `gone` for people without a place here.
   * @throws WecomError when WeCom says nothing
   */
  async function ask(userId: string): Promise<'present' | 'gone'> {
    const askedAt = clock.now()
    let member: WecomMember
    try {
      member = await wecom.getMember(userId)
    } catch (error) {
      if (isNoMember(error)) return 'gone'
      throw error
    }
    await db.transaction(tx => writeMembers(tx, [member], askedAt))
    return member.status === 'active' ? 'present' : 'gone'
  }

  /**
   * What is known is believed for a while; when WeCom is away, also longer.
   * @param patienceMs how long WeCom is waited for where she is known; its word is written down also when it comes later
   */
  async function confirm(userId: string, patienceMs?: number): Promise<'present' | 'gone'> {
    const known = await createMembersRepository(db, corpId).findMember(userId)
    const isKnown = known?.status === 'active'
    const age = clock.now().getTime() - (known?.confirmedAt?.getTime() ?? -Infinity)
    if (isKnown && age <= BELIEVED_MS) return 'present'
    try {
      return await (isKnown && patienceMs !== undefined
        ? withinPatience(ask(userId), patienceMs)
        : ask(userId))
    } catch (error) {
      if (!isKnown || !(error instanceof WecomError)) throw error
      log.warn(
        { err: error, staffId: known.staffId },
        'a member could not be confirmed; what is known of her counts',
      )
      return 'present'
    }
  }

  /** Whom a login lets in. */
  async function staffOf(userId: string): Promise<{ staffId: number } | undefined> {
    if ((await confirm(userId)) === 'gone') return undefined
    const known = await createMembersRepository(db, corpId).findMember(userId)
    if (known?.status !== 'active') return undefined
    await createMembersRepository(db, corpId).writeRoles(config.adminUserIds, [known.staffId])
    return known
  }

  let quickRenewals: number[] = []
  /** How old tickets may be for a page that has found the present ones wanting. */
  function allowedTicketAge(): number {
    const now = performance.now()
    quickRenewals = quickRenewals.filter(at => now - at < 3_600_000)
    if (quickRenewals.length >= QUICK_RENEWALS_PER_HOUR) return TICKET_MIN_AGE_SECONDS
    quickRenewals.push(now)
    return QUICK_TICKET_MIN_AGE_SECONDS
  }

  async function sign(url: string, wanted: { maxAgeSeconds?: number }): Promise<JssdkSignatures> {
    const [corp, agent] = await Promise.all([
      wecom.getTicket('corp', wanted),
      wecom.getTicket('agent', wanted),
    ])
    const now = clock.now()
    return { url, corp: signPage(corp.value, url, now), agent: signPage(agent.value, url, now) }
  }

  return {
    /**
     * Whose session this is.
     * @throws Unauthenticated when there is none, it has ended, or its owner may no longer work here
     */
    async authenticate(hash: Buffer | undefined): Promise<StaffActor> {
      const found = hash && (await repository.findSession(hash, clock.now()))
      if (!found) throw new Unauthenticated()
      if (found.state === 'expired') throw new Unauthenticated('session_expired')
      if (found.state === 'revoked') throw new Unauthenticated('session_revoked')
      if (clock.now().getTime() - found.lastSeenAt.getTime() > SESSION_TOUCH_MS)
        await touchSession(db, hash, clock.now())
      return found.actor
    },

    async getSession(actor: StaffActor): Promise<Session> {
      const facts = await repository.findFacts(actor.corpId)
      if (!facts) throw new NotFound()
      const { userId, name, role, store } = actor
      return {
        staff: {
          userId,
          name,
          role,
          store: store && {
            name: store.name,
            address: store.address,
            hours: store.hours,
            phone: store.phone,
          },
        },
        corp: {
          corpId: config.wecom.corpId,
          agentId: config.wecom.agentId,
          name: facts.corpName,
          timeZone: config.timeZone,
        },
        today: clock.today(config.timeZone),
        now: clock.now().toISOString(),
        // The reason names settings and the server's address: for those who can do something about it.
        import: actor.role === 'admin' ? facts.import : { ...facts.import, reason: null },
      }
    },

    /** What seals this member's drafts on her device; the number changes when what is kept there must not be read any more. */
    deviceKey: (actor: StaffActor): string =>
      deps.sealing.keyFor(`device 1 ${actor.corpId} ${actor.staffId}`).toString('base64url'),

    /**
     * Starts a login.
     * @param browserToken what this browser's login cookie holds already
     */
    async startLogin(wanted: {
      to?: string
      browserToken?: string
      isRestart?: boolean
    }): Promise<StartedLogin> {
      const browserToken = wanted.browserToken ?? randomToken(32)
      const state =
        (wanted.isRestart ? RESTART : FIRST) + Buffer.from(randomToken(32), 'base64url').toString('hex')
      await repository.insertAttempt({
        stateHash: digest(state),
        browserHash: digest(browserToken),
        returnTo: ownPath(wanted.to, publicUrl),
        now: clock.now(),
      })
      return { authorizeUrl: authorizeUrl(config, { returnPath: LOGIN_RETURN_PATH, state }), browserToken }
    },

    /**
     * A return from WeCom.
     * @param formerSession the session this browser had until now; it ends with the new one
     * @throws Forbidden not_a_member; Upstream when WeCom cannot be asked
     */
    async finishLogin(returned: {
      code: string | undefined
      state: string | undefined
      browserToken: string | undefined
      formerSession: Buffer | undefined
      userAgent: string
    }): Promise<LoginReturn> {
      const { code, state, browserToken } = returned
      const now = clock.now()
      const lost = {
        kind: 'lost',
        isRestart: state?.startsWith(RESTART) ?? false,
        returnTo: ownPath(undefined, publicUrl),
      } as const
      if (!state) return lost
      const stateHash = digest(state)
      const attempt = await repository.findAttempt(stateHash)
      if (!attempt) return lost
      const { returnTo } = attempt
      // Another cookie jar of the same client, or a stranger's link: no session, but what was meant is a page of ours.
      const isHers = browserToken !== undefined && timingSafeEqual(attempt.browserHash, digest(browserToken))
      if (!code || !isHers) return { ...lost, returnTo }
      if (attempt.usedAt) return { kind: 'repeated', returnTo }
      if (now.getTime() - attempt.createdAt.getTime() > LOGIN_LIFE_MS) return { ...lost, returnTo }
      if (!(await repository.useAttempt(stateHash, now))) return { kind: 'repeated', returnTo }

      const staff = await askWecom(async () => {
        const userId = await unlessSpent(wecom.findLoginUser(code))
        if (userId === 'spent') return userId
        return userId === undefined ? undefined : staffOf(userId)
      })
      if (staff === 'spent') return { ...lost, returnTo }
      if (!staff) {
        await denials.note({ sessionHash: undefined, code: 'not_a_member', operation: 'login' })
        throw new Forbidden('not_a_member')
      }
      const sessionToken = randomToken(32)
      const { formerSession } = returned
      const client = clientOf(returned.userAgent)
      const actor = { kind: 'staff', corpId, staffId: staff.staffId } as const
      await db.transaction(async tx => {
        const sessions = createSessionRepository(tx)
        if (formerSession) await sessions.revokeSession(formerSession, now)
        const id = await sessions.insertSession({
          hash: digest(sessionToken),
          corpId,
          staffId: staff.staffId,
          now,
          expiresAt: new Date(now.getTime() + SESSION_LIFE_MS),
          client,
        })
        const subject = { kind: 'session', id } as const
        await appendAudit(tx, { actor, at: now, action: 'loggedIn', subject, detail: { ...client } })
      })
      return { kind: 'in', sessionToken, returnTo }
    },

    /** Signatures for a page of ours; null when the tickets cannot be had in time: the page opens all the same. */
    async signDocument(pathAndQuery: string, patienceMs: number): Promise<JssdkSignatures | null> {
      const patience = new Promise<null>(resolve => setTimeout(resolve, patienceMs, null).unref())
      const signing = sign(`${publicUrl}${pathAndQuery}`, {}).catch((error: unknown) => {
        log.warn({ err: error }, 'no signatures for the document')
        return null
      })
      return Promise.race([signing, patience])
    },

    /**
     * Fresh signatures for a page that could not use those of its document; the tickets are renewed too, unless they
     * have just been.
     * @throws Invalid for an address that is not ours
     */
    async signPage(_actor: StaffActor, url: string): Promise<JssdkSignatures> {
      const page = ownPage(url, publicUrl)
      if (page === undefined) throw new Invalid([{ path: 'url', message: '只为本应用的页面签名' }])
      return askWecom(() => sign(page, { maxAgeSeconds: allowedTicketAge() }))
    },

    /** ADMIN_USERIDS may have changed since the last start. */
    applyAdmins: () => createMembersRepository(db, corpId).writeRoles(config.adminUserIds, null),

    writeMembers,
    refreshRights,
    confirm,

    /** The member as she is now: her part and her stores may have changed since her request began. */
    findActor: (staffId: number): Promise<StaffActor | undefined> => repository.findActor(staffId),

    /** Ends the sessions of everybody who is not at work here (any more). */
    revokeOfAbsent: (tx: Tx): Promise<void> =>
      createSessionRepository(tx).revokeOfAbsent(corpId, clock.now()),

    /** Takes away what nobody can use any more. */
    async sweep(): Promise<void> {
      const before = (milliseconds: number) => new Date(clock.now().getTime() - milliseconds)
      await repository.deleteOldSessions(corpId, before(KEPT_SESSIONS_MS))
      await repository.deleteOldAnswers(before(KEPT_ANSWERS_MS))
    },

    /** Takes away logins that were begun and lead nowhere any more, members' and visitors'. */
    sweepAttempts: (): Promise<void> =>
      repository.deleteOldAttempts(new Date(clock.now().getTime() - KEPT_ATTEMPTS_MS)),
  }
}
export type SessionService = ReturnType<typeof createSessionService>

const toLearnt = (member: WecomMember): LearntMember => ({
  userId: member.userId,
  name: member.name,
  status: member.status,
  departmentIds: [...new Set([member.mainDepartmentId, ...member.departmentIds])].filter(id => id > 0),
  leadsDepartmentIds: member.leadsDepartmentIds,
})

async function withinPatience<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new WecomError('user/get', { trouble: 'timeout' })), patienceMs)
  })
  try {
    return await Promise.race([answer, silence])
  } finally {
    clearTimeout(timer)
  }
}

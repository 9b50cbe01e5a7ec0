import { randomBytes } from 'node:crypto'
import { WorldRefusal } from './refusal.ts'
import type { ApiLimits } from './limits.ts'

/** 联系我: who scans it adds one of its members. */
export interface ContactWay {
  configId: string
  /** 1 one member, 2 several; never changes, like `scene`: 1 mini-program, 2 QR code */
  type: 1 | 2
  scene: 1 | 2
  style: number
  remark: string
  skipVerify: boolean
  state: string
  userIds: string[]
  partyIds: number[]
  isExclusive: boolean
  /** unix seconds */
  createdAt: number
}

/** A code with which one new friend may be greeted, once. */
interface Welcome {
  userId: string
  externalUserId: string
  /** unix milliseconds */
  givenAt: number
  isUsed: boolean
}

export type WelcomeState = 'open' | 'unknown' | 'late' | 'used'

/** Ways to be added, and the welcome codes that adding somebody gives out. */
export function createContactWays(now: () => number, limits: () => ApiLimits) {
  let ways: ContactWay[] = []
  const welcomes = new Map<string, Welcome>()

  return {
    /** oldest first */
    contactWays: () => [...ways],
    findContactWay: (configId: string) => ways.find(way => way.configId === configId),
    addContactWay(given: Omit<ContactWay, 'configId' | 'createdAt'>): ContactWay {
      const way = {
        ...given,
        configId: randomBytes(16).toString('hex'),
        createdAt: Math.floor(now() / 1000),
      }
      ways.push(way)
      return way
    },
    /** @throws WorldRefusal when there is no such way */
    updateContactWay(configId: string, change: Partial<Omit<ContactWay, 'configId'>>): ContactWay {
      const former = ways.find(way => way.configId === configId)
      if (!former) throw new WorldRefusal(`没有渠道活码 ${configId}`)
      const changed = { ...former, ...change }
      ways = ways.map(way => (way === former ? changed : way))
      return changed
    },
    removeContactWay(configId: string): void {
      ways = ways.filter(way => way.configId !== configId)
    },

    giveWelcomeCode(userId: string, externalUserId: string): string {
      const code = randomBytes(24).toString('base64url')
      welcomes.set(code, { userId, externalUserId, givenAt: now(), isUsed: false })
      return code
    },
    /** Whom a code greets, and whether it still may. */
    readWelcome(code: string): { state: WelcomeState; userId: string; externalUserId: string } {
      const welcome = welcomes.get(code)
      if (!welcome) return { state: 'unknown', userId: '', externalUserId: '' }
      const { userId, externalUserId, givenAt, isUsed } = welcome
      const isLate = now() - givenAt > limits().welcomeSeconds * 1000
      return { state: isUsed ? 'used' : isLate ? 'late' : 'open', userId, externalUserId }
    },
    useWelcome(code: string): void {
      const welcome = welcomes.get(code)
      if (welcome) welcome.isUsed = true
    },

    forgetContactWays(): void {
      ways = []
      welcomes.clear()
    },
  }
}

export type ContactWays = ReturnType<typeof createContactWays>

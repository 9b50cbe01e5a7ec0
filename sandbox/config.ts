import { z } from 'zod'
import { usualTimes } from './callbacks/settings.ts'
import type { CallbackSettings } from './callbacks/settings.ts'
import { usualBigCorp } from './world/bigCorp.ts'
import type { BigCorpSize } from './world/bigCorp.ts'
import type { Corp } from './world/types.ts'

export interface SandboxConfig {
  host: string
  /** 0 = any free port (then add the real one to `corp.trustedDomains`) */
  port: number
  /** origin of the app the webview's proxy forwards to, without a trailing slash */
  appUrl: string
  corp: Corp
  /** where the window is to be opened; absent: under any name of this machine */
  windowUrl?: string
  /** see createSandboxClock */
  clockFile: string | undefined
  /** absent: the little jeweller */
  bigCorp?: BigCorpSize
  /** absent: the app has no receive URL and hears of nothing */
  callbacks?: CallbackSettings
}

const Environment = z.object({
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(8788),
  HOST: z.string().min(1).default('127.0.0.1'),
  SANDBOX_APP_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8787'),
  /** the address of window and app that is told at the start */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** more hosts the corp trusts, comma-separated `host` or `host:port` */
  SANDBOX_TRUSTED_DOMAINS: z.string().default(''),
  /** 企业可信IP, comma-separated; empty = everybody may call */
  SANDBOX_TRUSTED_IPS: z.string().default(''),
  /** `jeweller`: 8 guides, 300 customers, known by name; `big`: a chain of the size below */
  SANDBOX_CORP: z.enum(['jeweller', 'big']).default('jeweller'),
  SANDBOX_GUIDES: z.coerce.number().int().min(1).max(999).default(usualBigCorp.guides),
  SANDBOX_STORES: z.coerce.number().int().min(1).max(99).default(usualBigCorp.stores),
  SANDBOX_CUSTOMERS: z.coerce.number().int().min(1).max(1_000_000).default(usualBigCorp.customers),
  WECOM_CORP_ID: z.string().min(1).default('ww5a9db0xguidebar01'),
  WECOM_AGENT_ID: z.coerce.number().int().positive().default(1_000_002),
  WECOM_APP_SECRET: z.string().min(1).default('sandbox-secret-not-a-real-one'),
  /** where callbacks go; used once both of the two below are set */
  SANDBOX_CALLBACK_URL: z.url({ protocol: /^https?$/ }).optional(),
  WECOM_CALLBACK_TOKEN: z
    .string()
    .regex(/^[A-Za-z0-9]{1,32}$/, 'needs 1 to 32 letters and digits')
    .optional(),
  WECOM_CALLBACK_AES_KEY: z
    .string()
    .regex(/^[A-Za-z0-9]{43}$/, 'needs 43 letters and digits')
    .optional(),
  SANDBOX_CALLBACK_RETRY_MS: z.coerce.number().int().min(0).default(usualTimes.retryMs),
  CLOCK_FILE: z.string().min(1).optional(),
})

/**
 * Reads the sandbox's settings; an empty variable counts as unset.
 * @throws Error naming every malformed variable at once.
 */
export function readSandboxConfig(env: Record<string, string | undefined>): SandboxConfig {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map(issue => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The sandbox's settings are not usable:\n${lines.join('\n')}`)
  }
  const settings = parsed.data
  const appUrl = settings.SANDBOX_APP_URL.replace(/\/+$/, '')
  const trustedIps = commaList(settings.SANDBOX_TRUSTED_IPS)
  const { WECOM_CALLBACK_TOKEN: token, WECOM_CALLBACK_AES_KEY: aesKey } = settings
  return {
    host: settings.HOST,
    port: settings.SANDBOX_PORT,
    appUrl,
    corp: {
      corpId: settings.WECOM_CORP_ID,
      name: '金禾珠宝',
      agentId: settings.WECOM_AGENT_ID,
      secret: settings.WECOM_APP_SECRET,
      trustedDomains: trustedDomains(settings.HOST, settings.SANDBOX_PORT, settings.SANDBOX_TRUSTED_DOMAINS),
      ...(trustedIps.length > 0 && { trustedIps }),
    },
    ...(settings.PUBLIC_URL && { windowUrl: settings.PUBLIC_URL }),
    clockFile: settings.CLOCK_FILE,
    ...(token !== undefined &&
      aesKey !== undefined && {
        callbacks: {
          ...usualTimes,
          retryMs: settings.SANDBOX_CALLBACK_RETRY_MS,
          url: settings.SANDBOX_CALLBACK_URL ?? `${appUrl}/wecom/callback`,
          token,
          aesKey,
        },
      }),
    ...(settings.SANDBOX_CORP === 'big' && {
      bigCorp: {
        ...usualBigCorp,
        guides: settings.SANDBOX_GUIDES,
        stores: settings.SANDBOX_STORES,
        customers: settings.SANDBOX_CUSTOMERS,
      },
    }),
  }
}

/** The sandbox's own origin under each name a browser on this machine may use, and what was added by hand. */
function trustedDomains(host: string, port: number, more: string): string[] {
  const own = [host, '127.0.0.1', 'localhost'].map(name => (port === 80 ? name : `${name}:${port}`))
  return [...new Set([...own, ...commaList(more)])]
}

const commaList = (text: string) =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

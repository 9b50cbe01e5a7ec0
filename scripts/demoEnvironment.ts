import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeClock } from '../sandbox/clock.ts'

/**
 * The settings of the trial: a make-believe corp and secrets everybody may know. A production process refuses them
 * (`server/config.ts`). What the caller has set wins.
 */
export function demoEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const host = env.HOST || '127.0.0.1'
  const port = env.PORT || '8787'
  const sandboxPort = env.SANDBOX_PORT || '8788'
  // What a browser on this machine opens; a host that listens everywhere has no address of its own.
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const sandboxUrl = env.PUBLIC_URL?.replace(/\/+$/, '') || `http://${shown}:${sandboxPort}`
  const dataDir = env.DATA_DIR || './data/demo'
  const localSandbox = `http://${shown}:${sandboxPort}`
  return {
    HOST: host,
    PORT: port,
    SANDBOX_PORT: sandboxPort,
    SANDBOX_APP_URL: `http://${shown}:${port}`,
    SANDBOX_TRUSTED_DOMAINS: [env.SANDBOX_TRUSTED_DOMAINS, new URL(sandboxUrl).host]
      .filter(Boolean)
      .join(','),
    PUBLIC_URL: sandboxUrl,
    DATA_DIR: dataDir,
    ...(env.DATABASE_URL ? { DATABASE_URL: env.DATABASE_URL } : {}),
    CLOCK_FILE: env.CLOCK_FILE || join(dataDir, 'clock'),
    SESSION_SECRET: env.SESSION_SECRET || 'sandbox-only-session-secret-not-a-real-one',
    WECOM_CORP_ID: 'ww5a9db0xguidebar01',
    WECOM_AGENT_ID: '1000002',
    WECOM_APP_SECRET: 'sandbox-secret-not-a-real-one',
    WECOM_API_BASE: localSandbox,
    WECOM_OAUTH_BASE: sandboxUrl,
    // To the server itself, also where the webview shows something else (hot reload).
    SANDBOX_CALLBACK_URL: `http://${shown}:${port}/wecom/callback`,
    WECOM_CALLBACK_TOKEN: 'sandboxOnlyCallbackToken',
    WECOM_CALLBACK_AES_KEY: 'sandboxOnlyCallbackKeyNotARealOne0123456789',
    // Two, because what one of them asks for, somebody else has to approve.
    ADMIN_USERIDS: env.ADMIN_USERIDS || 'hq_admin,gaofeng',
    LOG_LEVEL: env.LOG_LEVEL || 'info',
  }
}

/**
 * The clock of the trial, which the sandbox's window moves for both sides: at every start the real, running time. A file
 * the caller has named is left as it is.
 */
export function startDemoClock(env: NodeJS.ProcessEnv, demo: Record<string, string>): void {
  const { CLOCK_FILE: file, DATA_DIR: dataDir } = demo
  if (env.CLOCK_FILE || !file || !dataDir) return
  mkdirSync(dataDir, { recursive: true })
  writeClock(file, Date.now(), true)
}

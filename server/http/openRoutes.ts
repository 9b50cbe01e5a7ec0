import { api } from '../../shared/contract/api.ts'

export interface OpenRoute {
  method: 'GET' | 'POST'
  /** as Hono lists it */
  path: string
  /** a page that leads to the login and shows nothing before it */
  leadsToLogin?: true
}

/**
 * Everything that answers without a session (P1); all else is an operation of the contract and is mounted with one. The app does
 * not start with a route that is neither.
 */
export const OPEN_ROUTES: readonly OpenRoute[] = [
  { method: 'GET', path: '/', leadsToLogin: true },
  { method: 'GET', path: '/sidebar', leadsToLogin: true },
  { method: 'GET', path: '/sidebar/', leadsToLogin: true },
  { method: 'GET', path: '/today', leadsToLogin: true },
  { method: 'GET', path: '/handover', leadsToLogin: true },
  { method: 'GET', path: '/auth/login' },
  { method: 'GET', path: '/auth/callback' },
  // Signed by WeCom.
  { method: 'GET', path: '/wecom/callback' },
  { method: 'POST', path: '/wecom/callback' },
  // The customer's own page: 128 random bits are the key.
  { method: 'GET', path: '/c/icon.png' },
  { method: 'GET', path: '/c/picture/:pictureId' },
  { method: 'GET', path: '/c/back' },
  { method: 'GET', path: '/c/:token' },
  { method: 'GET', path: '/c/:token/state' },
  { method: 'POST', path: '/c/:token' },
  { method: 'GET', path: '/healthz' },
  { method: 'GET', path: '/readyz' },
  // For whoever brings METRICS_TOKEN.
  { method: 'GET', path: '/metrics' },
  { method: 'GET', path: '/api/openapi.json' },
  { method: 'GET', path: '/api/docs' },
  // WeCom looks for it to see that the domain is ours.
  { method: 'GET', path: '/:name{WW_verify_[A-Za-z0-9]+\\.txt}' },
  // The built sidebar's files.
  { method: 'GET', path: '/*' },
]

/** Middlewares stand before many routes; a route of its own names its method. */
const MIDDLEWARES = ['/*', '/api/*', '/auth/*']

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`

/** @throws Error naming every route that is neither an operation of the contract nor on the list, and every stale entry */
export function assertOnlyKnownRoutes(routes: readonly { method: string; path: string }[]): void {
  const operations = Object.values(api).map(({ method, path }) =>
    nameOf({ method: method.toUpperCase(), path: `/api${path.replace(/\{(\w+)\}/g, ':$1')}` }),
  )
  const known = new Set([
    ...operations,
    ...OPEN_ROUTES.map(nameOf),
    ...MIDDLEWARES.map(path => `ALL ${path}`),
  ])
  const present = new Set(routes.map(nameOf))
  const unknown = [...present].filter(route => !known.has(route))
  const missing = OPEN_ROUTES.map(nameOf).filter(route => !present.has(route))
  if (unknown.length + missing.length > 0) {
    throw new Error(
      `open routes: not on the list ${unknown.join(', ') || '–'}; not there ${missing.join(', ') || '–'}`,
    )
  }
}

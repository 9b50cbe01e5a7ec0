import axios from 'axios'
import { REQUEST_TIMEOUT_MS } from './plainGet.ts'

/** The one HTTP client; tests replace its adapter. */
export const http = axios.create({
  baseURL: '/api',
  timeout: REQUEST_TIMEOUT_MS,
  headers: { accept: 'application/json' },
  // Every status is an answer; only a missing answer is an exception.
  validateStatus: () => true,
})

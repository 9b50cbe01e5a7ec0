// @ts-check
import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'

/** Settings of a `.env` in the current folder, for what a person starts there; what is set already stays as it is. */
export function readEnvFile() {
  if (existsSync('.env')) loadEnvFile('.env')
}

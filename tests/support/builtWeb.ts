import { build } from 'vite'

/** Builds the sidebar once per run, so that the browser meets what will be shipped. */
export default async function buildWeb(): Promise<void> {
  await build({ configFile: 'vite.config.ts', logLevel: 'warn' })
}

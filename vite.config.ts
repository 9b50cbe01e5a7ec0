import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import {
  firstScreenBuild,
  firstScreenGroups,
  loadAgain,
  productionPinia,
} from './scripts/firstScreenBuild.ts'
import { packedBuild } from './scripts/packedBuild.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// The slices of our fonts are fetched from their packages, which may stand behind a link.
const fs = { allow: [at('.'), realpathSync(at('./node_modules'))] }

/** What makes calls as soon as the first screen stands (web/views/warmUp.ts, web/views/CustomerView.vue). */
const fetchedNext = [
  './web/api/tags.ts',
  './web/api/sends.ts',
  './web/domains/sends/deliver.ts',
  './web/domains/drafts/pendingWrites.ts',
  './web/domains/scripts/QuickReplies.vue',
].map(at)

/** The sidebar's build, and the five test projects: rules, server, web, flows, faults. */
export default defineConfig({
  root: at('./web'),
  base: '/',
  plugins: [
    vue(),
    productionPinia(at('./node_modules/pinia/dist/pinia.esm-browser.prod.js')),
    loadAgain(at('./web/api/bringFiles.ts')),
    firstScreenBuild(),
    packedBuild(at('./web/dist')),
  ],
  server: { fs },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  // Stamped into the document by the server, anew for every answer (server/domains/session/document.routes.ts).
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: at('./web/dist'),
    emptyOutDir: true,
    target: ['chrome87', 'safari13.1'],
    modulePreload: { polyfill: false },
    manifest: true,
    rolldownOptions: {
      output: { codeSplitting: { groups: firstScreenGroups(at('./web/main.ts'), fetchedNext) } },
    },
  },
  test: {
    root: at('.'),
    projects: [
      {
        test: {
          name: 'rules',
          environment: 'node',
          root: at('.'),
          include: ['tests/shared/**/*.test.ts', 'tests/*.test.ts'],
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'server',
          environment: 'node',
          root: at('.'),
          include: ['tests/server/**/*.test.ts', 'tests/contract/**/*.test.ts', 'tests/sandbox/**/*.test.ts'],
          globalSetup: ['tests/support/testCluster.ts', 'tests/support/browser.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // Two also on two cores, where one would be the rule: half of their time is PostgreSQL's.
          maxWorkers: 2,
        },
      },
      {
        server: { fs },
        test: {
          name: 'web',
          environment: 'happy-dom',
          root: at('.'),
          include: ['tests/web/**/*.test.ts'],
          testTimeout: 30_000,
          maxWorkers: 2,
          // The SDK looks at the client once, when it is evaluated: its tests must be able to evaluate it anew.
          server: { deps: { inline: ['vant', '@wecom/jssdk'] } },
        },
      },
      {
        test: {
          name: 'flows',
          environment: 'node',
          root: at('.'),
          include: ['tests/flows/**/*.test.ts'],
          globalSetup: ['tests/support/testCluster.ts', 'tests/support/browser.ts', 'tests/support/built.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // One at a time: each has a browser, a server and a stand-in of its own.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'faults',
          environment: 'node',
          root: at('.'),
          include: ['tests/faults/**/*.test.ts'],
          globalSetup: ['tests/support/testCluster.ts', 'tests/support/built.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They mostly wait; after the others, which must not wait for them.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

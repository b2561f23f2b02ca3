import { defineConfig } from 'vitest/config'

// Runs of many minutes, one at a time: npm run test:chaos. Nightly in CI, never part of npm test.
export default defineConfig({
  test: {
    include: ['test/**/*.long.ts'],
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    disableConsoleIntercept: true,
  },
})

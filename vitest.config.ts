import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores is the machine this must be comfortable on; real nats-server processes share them.
    maxWorkers: 2,
  },
})

import type { NextConfig } from 'next'

const config: NextConfig = {
  // Loaded from node_modules as they are: a bundle would hold a second copy of each, and loses the
  // files that oban-ts reads its SQL from.
  serverExternalPackages: ['oban-ts', 'pg'],
  // TypeScript 7 checks types through its command line; leave it out with TypeScript 5 or 6.
  experimental: { useTypeScriptCli: true },
}

export default config

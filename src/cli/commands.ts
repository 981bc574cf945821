/** Every command there is: what `oban --help` lists, what completion offers, what the documents hold. */
import type { Command } from './command.ts'
import { completionOf } from './completion.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { installCommand } from './install.ts'
import { jobsCommand } from './jobs.ts'
import { migrateCommand } from './migrate.ts'
import { queuesCommand } from './queues.ts'
import { startCommand } from './start.ts'
import { topCommand } from './top.ts'
import { treeCommand } from './tree.ts'
import { uninstallCommand } from './uninstall.ts'
import { versionCommand } from './version.ts'

export const commands: readonly Command[] = [
  installCommand,
  uninstallCommand,
  migrateCommand,
  startCommand,
  topCommand,
  treeCommand,
  queuesCommand,
  jobsCommand,
  doctorCommand,
  demoCommand,
  completionOf(() => commands),
  versionCommand,
]

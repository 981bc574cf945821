/** The URL of another database on the same server. */
export function databaseUrl(serverUrl: string, name: string): string {
  const changed = new URL(serverUrl)
  changed.pathname = `/${name}`

  return changed.href
}

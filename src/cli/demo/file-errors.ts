/** Whether an error came from the file system, as opposed to a fault of ours. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** Why a file could not be read, without the path, which stands beside it. */
export function fileReason({ code, message }: NodeJS.ErrnoException): string {
  return message.replace(/, \w+(?: '.*')?$/s, '') || String(code)
}

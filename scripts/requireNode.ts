/** The project's own Node comes with `npm ci`; with install scripts switched off it is missing and npm runs an older one. */
export function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  console.error(
    `需要 Node 22.18 以上，现在是 ${process.version}。npm ci 会带来 Node 24；如果关掉了安装脚本，请运行：npm rebuild node`,
  )
  process.exit(1)
}

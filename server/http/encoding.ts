/** The best packing a client takes: brotli, else gzip, else none. `q=0` means no. */
export function acceptedEncoding(header: string | undefined): 'br' | 'gzip' | undefined {
  const accepted = (header ?? '')
    .split(',')
    .map(part => part.trim().split(/\s*;\s*/))
    .filter(([, weight]) => !/^q=0(\.0*)?$/.test(weight ?? ''))
    .map(([name]) => name?.toLowerCase())
  return (['br', 'gzip'] as const).find(name => accepted.includes(name))
}

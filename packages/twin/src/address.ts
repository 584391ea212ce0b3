/** A range of IPv4 addresses: the first one as a number, and how many bits of it are fixed. */
export interface Subnet {
  readonly first: number
  readonly bits: number
}

/** Undefined: it is no subnet. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', bits] = text.split('/')
  const first = parseAddress(address)
  if (first === undefined || bits === undefined || !/^\d+$/u.test(bits) || Number(bits) > 32) return undefined
  const size = 2 ** (32 - Number(bits))
  return { first: Math.floor(first / size) * size, bits: Number(bits) }
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/u.test(part) && Number(part) < 256))
    return undefined
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

export function sizeOf({ bits }: Subnet): number {
  return 2 ** (32 - bits)
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.first < b.first + sizeOf(b) && b.first < a.first + sizeOf(a)
}

export function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.first && address < subnet.first + sizeOf(subnet)
}

/** The engine's own: made from the address. */
export function macOf(address: number): string {
  const tail = [24, 16, 8, 0].map((shift) =>
    (Math.floor(address / 2 ** shift) % 256).toString(16).padStart(2, '0'),
  )
  return `02:42:${tail.join(':')}`
}

import ipaddr from 'ipaddr.js'

/**
 * The network that one visitor commands, by which attempts are counted: an IPv4 address, or the first bits of an IPv6
 * address, of which a single host has 2⁶⁴ to choose from (RFC 6177: sites get between a /48 and a /64).
 */
export function networkOf(address: string, ipv6Bits: 48 | 64): string {
  if (!ipaddr.isValid(address)) return address
  const found = ipaddr.process(address)
  if (found.kind() === 'ipv4') return found.toString()
  const words = ipaddr.IPv6.parse(found.toString()).parts.slice(0, ipv6Bits / 16)
  return `${words.map((word) => word.toString(16)).join(':')}::/${ipv6Bits}`
}

import ipaddr from 'ipaddr.js'

/** Judges addresses by number; names have been resolved before. */
export interface AddressPolicy {
  /** Whether a connection to this IP address may be made. */
  readonly allows: (address: string) => boolean
}

/** Azure answers machines inside of it there, with their secrets: a public address in form only. */
const azureWireServer = '168.63.129.16'

/** All that the Internet assigns today; the rest of IPv6 is private, special or carries an IPv4 address inside. */
const globalUnicast = ipaddr.parseCIDR('2000::/3')

/**
 * Allows public addresses, and private ones inside the operator's ranges. An IPv4 address wrapped into an IPv6 one
 * (mapped, compatible, NAT64, 6to4, Teredo) is refused, unless it is mapped and its IPv4 form is in such a range.
 */
export function createAddressPolicy(allowedCidrs: readonly string[]): AddressPolicy {
  const ranges = allowedCidrs.map((cidr) => ipaddr.parseCIDR(cidr))
  return {
    allows: (address) => {
      if (!ipaddr.isValid(address)) return false
      return (
        isPublic(ipaddr.parse(address)) || ranges.some((range) => contains(range, ipaddr.process(address)))
      )
    },
  }
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  // Ranges are IANA's special-purpose registries, as ipaddr.js keeps them.
  if (address.range() !== 'unicast' || address.toString() === azureWireServer) return false
  return address.kind() === 'ipv4' || contains(globalUnicast, address)
}

function contains(
  [network, bits]: [ipaddr.IPv4 | ipaddr.IPv6, number],
  address: ipaddr.IPv4 | ipaddr.IPv6,
): boolean {
  return address.kind() === network.kind() && address.match([network, bits])
}

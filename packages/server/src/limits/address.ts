import ipaddr from 'ipaddr.js'

/**
 * What is counted as one address: an IPv4 address however it is spelt, or the /64 of an IPv6 one,
 * since whoever has one address of a /64 has them all.
 */
export function addressBucket(address: string): string {
  if (!address.includes(':')) return address
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const [a, b, c, d] = (parsed as ipaddr.IPv6).parts
  return [a, b, c, d].map((part) => part?.toString(16)).join(':')
}

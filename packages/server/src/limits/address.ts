import ipaddr from 'ipaddr.js'

/** As some proxies write it into X-Forwarded-For: a port behind the address, IPv6 in brackets. */
const WITH_PORT = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]+)\](?::\d+)?)$/

/**
 * What is counted as one address: an IPv4 address however it is spelt, or the /64 of an IPv6 one,
 * since whoever has one address of a /64 has them all. A port is not part of it.
 */
export function addressBucket(text: string): string {
  if (!text.includes(':')) return text
  const [, ipv4, ipv6] = WITH_PORT.exec(text) ?? []
  const address = ipv4 ?? ipv6 ?? text
  if (!ipaddr.isValid(address)) return text
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const [a, b, c, d] = (parsed as ipaddr.IPv6).parts
  return [a, b, c, d].map((part) => part?.toString(16)).join(':')
}

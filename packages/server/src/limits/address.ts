import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** As some proxies write it into X-Forwarded-For: a port behind the address, IPv6 in brackets. */
const WITH_PORT = /^(?:(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]+)\](?::\d+)?)$/

/** An IPv4 address however it is spelt, or an IPv6 one; a port is not part of it. */
function parsed(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const [, ipv4, ipv6] = WITH_PORT.exec(text) ?? []
  const address = ipv4 ?? ipv6 ?? text
  return isIP(address) === 0 ? undefined : ipaddr.process(address)
}

/**
 * What is counted as one address: an IPv4 address however it is spelt, or the /64 of an IPv6 one,
 * since whoever has one address of a /64 has them all.
 */
export function addressBucket(text: string): string {
  if (!text.includes(':')) return text
  const address = parsed(text)
  if (address === undefined) return text
  if (address.kind() === 'ipv4') return address.toString()
  const [a, b, c, d] = (address as ipaddr.IPv6).parts
  return [a, b, c, d].map((part) => part?.toString(16)).join(':')
}

/** Whether an address, as a connection or X-Forwarded-For has it, lies in one of `networks`. */
export function addressMatcher(networks: readonly string[]): (text: string) => boolean {
  const cidrs = networks.map(cidrOf)
  return (text) => {
    const address = parsed(text)
    return (
      address !== undefined &&
      cidrs.some(
        ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
      )
    )
  }
}

/** A network of mapped IPv4 addresses is one of IPv4 addresses. */
function cidrOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [address = '', bits] = text.split('/')
  const network = ipaddr.process(address)
  const dropped = network.kind() === 'ipv4' && isIP(address) === 6 ? 96 : 0
  const whole = network.kind() === 'ipv4' ? 32 : 128
  return [network, bits === undefined ? whole : Number(bits) - dropped]
}

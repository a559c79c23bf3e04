/** Which hosts are somebody's own: loopback, private networks, metadata services. By their names, not by DNS. */

/** IPv4 networks that are not the public internet (RFC 6890 and its kin), and Azure's metadata service. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * Of IPv6 only global unicast is public, without what is set apart in it. That leaves out loopback, unique-local and
 * link-local addresses, and all that carry an IPv4 address (mapped, NAT64, 6to4, Teredo).
 */
const GLOBAL_UNICAST: readonly [string, number] = ['2000', 3];
const SET_APART: readonly (readonly [string, number])[] = [
  ['2001:0', 23],
  ['2001:db8', 32],
  ['2002', 16],
  ['3fff', 20],
];

/** Names of networks of somebody's own. A name without a dot is one too. */
const PRIVATE_NAMES = ['localhost', 'localdomain', 'local', 'internal', 'intranet', 'lan', 'corp', 'home', 'home.arpa'];

/**
 * Whether a host is on the public internet as far as its name says. `host` is the `hostname` of a parsed URL: every
 * spelling of an IPv4 address is four decimal numbers by then, and IPv6 is in brackets.
 */
export function isPublicHost(host: string): boolean {
  const name = host.replace(/\.+$/, '');
  if (name.startsWith('[')) return isPublicV6(name.slice(1, -1));
  const v4 = bitsOfV4(name);
  if (v4 !== undefined) return !PRIVATE_V4.some(([network, length]) => v4.startsWith(networkBits(network, length)));
  if (!name.includes('.')) return false;
  return !PRIVATE_NAMES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
}

function isPublicV6(address: string): boolean {
  const bits = bitsOfV6(address);
  if (bits === undefined) return false;
  const lies = ([network, length]: readonly [string, number]): boolean =>
    bits.startsWith((bitsOfV6(`${network}::`) ?? '').slice(0, length));
  return lies(GLOBAL_UNICAST) && !SET_APART.some(lies);
}

function networkBits(network: string, length: number): string {
  return (bitsOfV4(network) ?? '').slice(0, length);
}

function bitsOfV4(text: string): string | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.map((part) => Number(part).toString(2).padStart(8, '0')).join('');
}

function bitsOfV6(text: string): string | undefined {
  const halves = text.split('::');
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const gap = halves.length === 2 ? 8 - head.length - tail.length : 0;
  const groups = [...head, ...new Array<string>(Math.max(0, gap)).fill('0'), ...tail];
  if (groups.length !== 8 || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => parseInt(group, 16).toString(2).padStart(16, '0')).join('');
}

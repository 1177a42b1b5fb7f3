package org.djwar.runtime;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whose {@code X-Forwarded-*} headers are believed. With none configured the headers pass as ordinary ones and change nothing
 * here (Django ignores them too, unless its settings say otherwise). With some configured, a peer which is none of them has
 * its forwarding headers dropped: whoever reaches the container past the proxy can't play one.
 */
public final class TrustedProxies {
    private static final Pattern WITH_PORT = Pattern.compile("\\[([^\\]]*)](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}");
    /** No number over 255: the JDK would ask the DNS for such a "name". */
    private static final Pattern FOUR = Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})(?:\\.(?!$)|$)){4}");

    private final List<Range> ranges = new ArrayList<>();

    private record Range(byte[] network, int bits) {}

    /** Reads addresses and CIDR ranges. */
    public TrustedProxies(List<String> items) throws BootFailure {
        for (String item : items) {
            String[] parts = item.split("/", 2);
            byte[] network = literal(parts[0]);
            int most = network == null ? 0 : network.length * 8;
            int bits = most;
            if (parts.length == 2) {
                bits = parts[1].matches("[0-9]{1,3}") ? Integer.parseInt(parts[1]) : -1;
            }
            if (network == null || bits < 0 || bits > most) {
                throw new BootFailure("parameter `djwar.trusted-proxies` must hold addresses or CIDR ranges, not `" + item + "`");
            }
            ranges.add(new Range(network, bits));
        }
    }

    /** Whether none is configured, so that forwarding headers are ordinary headers. */
    public boolean isEmpty() {
        return ranges.isEmpty();
    }

    /** Whether an address is a trusted proxy. */
    public boolean isTrusted(String address) {
        if (ranges.isEmpty()) {
            return false;
        }
        byte[] bytes = literal(address);
        return bytes != null && ranges.stream().anyMatch(range -> matches(range, bytes));
    }

    /** The client behind trusted proxies, or the peer itself. */
    public Client client(Exchange exchange) {
        if (!isTrusted(exchange.remoteAddress())) {
            return Client.direct(exchange);
        }
        String address = address(exchange);
        String scheme = exchange.scheme();
        String protocol = last(exchange.header("X-Forwarded-Proto"));
        boolean isProtocolKnown = protocol != null && (protocol.equalsIgnoreCase("https") || protocol.equalsIgnoreCase("http"));
        if (isProtocolKnown) {
            scheme = protocol.toLowerCase(Locale.ROOT);
        }
        int port = isProtocolKnown ? scheme.equals("https") ? 443 : 80 : exchange.serverPort();
        String host = last(exchange.header("X-Forwarded-Host"));
        String name = exchange.serverName();
        if (host != null) {
            int colon = host.lastIndexOf(':');
            boolean hasPort = colon > host.lastIndexOf(']') && host.substring(colon + 1).matches("[0-9]{1,5}");
            name = hasPort ? host.substring(0, colon) : host;
            port = hasPort ? Integer.parseInt(host.substring(colon + 1)) : port;
        }
        String forwardedPort = last(exchange.header("X-Forwarded-Port"));
        if (forwardedPort != null && forwardedPort.matches("[0-9]{1,5}")) {
            port = Integer.parseInt(forwardedPort);
        }
        return new Client(address, scheme, host, name, port);
    }

    /** From the right, the first address that is no trusted proxy: those left of it may be invented. */
    private String address(Exchange exchange) {
        List<String> hops = new ArrayList<>();
        exchange.headers((name, value) -> {
            if (name.equalsIgnoreCase("X-Forwarded-For")) {
                hops.addAll(List.of(value.split(",")));
            }
        });
        String found = exchange.remoteAddress();
        for (int i = hops.size() - 1; i >= 0; i--) {
            String hop = withoutPort(hops.get(i).trim());
            if (literal(hop) == null) {
                break;
            }
            found = hop;
            if (!isTrusted(hop)) {
                break;
            }
        }
        return found;
    }

    /** Some proxies (Azure's, IIS) say {@code 1.2.3.4:5678}, and {@code [::1]:5678} or {@code [::1]} as in RFC 7239 §6. */
    private static String withoutPort(String hop) {
        Matcher matcher = WITH_PORT.matcher(hop);
        if (!matcher.matches()) {
            return hop;
        }
        return matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    }

    private static String last(String list) {
        if (list == null) {
            return null;
        }
        String item = list.substring(list.lastIndexOf(',') + 1).trim();
        return item.isEmpty() ? null : item;
    }

    private static boolean matches(Range range, byte[] address) {
        if (range.network().length != address.length) {
            return false;
        }
        for (int bit = 0; bit < range.bits(); bit++) {
            int mask = 0x80 >> bit % 8;
            if ((range.network()[bit / 8] & mask) != (address[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }

    /** An address's bytes; null for anything that would need a look-up. */
    private static byte[] literal(String text) {
        if (!FOUR.matcher(text).matches() && !text.matches("(?:[0-9a-fA-F][0-9a-fA-F.]*)?:[0-9a-fA-F:.%a-z0-9]*")) {
            return null;
        }
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            return null;
        }
    }
}

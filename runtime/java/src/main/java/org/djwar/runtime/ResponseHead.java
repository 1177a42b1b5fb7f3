package org.djwar.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Copies a response's head from its frame to the exchange, and knows whether a body may follow. */
public final class ResponseHead {
    /** PEP 3333, "Other HTTP Features": the connection is the server's business (RFC 9110 §7.6.1). */
    public static final Set<String> HOP_BY_HOP = Set.of("connection", "keep-alive", "proxy-authenticate", "proxy-authorization",
            "proxy-connection", "te", "trailer", "trailers", "transfer-encoding", "upgrade");

    /** Containers refuse heads over 8 KiB (theirs included) when they are sent, after which nobody hears of it. */
    private static final int CERTAIN = 6 * 1024;

    private ResponseHead() {}

    /** The container refuses a response for the size of its headers; nothing has been sent. */
    public static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;
        private final int size;

        TooLarge(int size, Exception cause) {
            super(cause);
            this.size = size;
        }

        /** How many bytes the headers have. */
        public int size() {
            return size;
        }
    }

    /**
     * Sets status and headers.
     *
     * @param head {@code name\0value\0…} in latin-1, from {@code from} to {@code to}
     * @param bodyLength the whole body's length when it is known, else -1
     * @return whether the body is to be sent (RFC 9110 §6.4.1)
     */
    public static boolean apply(Exchange exchange, int status, byte[] head, int from, int to, long bodyLength) throws IOException {
        List<String> pairs = new ArrayList<>(16);
        int at = from;
        while (at < to) {
            int nameEnd = zero(head, at, to);
            int valueEnd = zero(head, Math.min(nameEnd + 1, to), to);
            pairs.add(new String(head, at, nameEnd - at, StandardCharsets.ISO_8859_1));
            int valueStart = Math.min(nameEnd + 1, to);
            pairs.add(new String(head, valueStart, valueEnd - valueStart, StandardCharsets.ISO_8859_1).strip());
            at = valueEnd + 1;
        }
        return apply(exchange, status, pairs, bodyLength);
    }

    /** As above; {@code pairs}: name, value, name, value … */
    public static boolean apply(Exchange exchange, int status, List<String> pairs, long bodyLength) throws IOException {
        exchange.status(status);
        boolean isBodiless = status == 204 || status == 304 || status < 200;
        boolean isHead = exchange.method().equals("HEAD");
        int size = 0;
        String declared = null;
        for (int i = 0; i < pairs.size(); i += 2) {
            String name = pairs.get(i);
            String value = pairs.get(i + 1);
            size += name.length() + value.length() + 2;
            if (name.equalsIgnoreCase("Content-Length")) {
                declared = value;
            } else if (isAllowed(name, value)) {
                exchange.addHeader(name, value);
            }
        }
        boolean hasBody = !isHead && !isBodiless;
        boolean isLarge = size > CERTAIN;
        // Tomcat would cut the page by which a refused head is replaced to the length of the first.
        if (!isLarge || !hasBody) {
            setLength(exchange, status, declared, bodyLength, isHead);
        }
        if (isLarge) {
            send(exchange, size);
        }
        return hasBody;
    }

    private static void setLength(Exchange exchange, int status, String declared, long bodyLength, boolean isHead) {
        boolean isBodiless = status == 204 || status == 304 || status < 200;
        // RFC 9110 §8.6: none with 204. A whole body's own length is the truth.
        boolean hasLength = declared != null && status != 204 && status >= 200
                && contentLength(exchange, declared, isHead || isBodiless ? -1 : bodyLength);
        // To HEAD the application may have given the page that GET would get, or nothing.
        if (!hasLength && (isHead ? bodyLength > 0 : bodyLength >= 0) && !isBodiless) {
            exchange.contentLength(bodyLength);
        }
    }

    /** Sends a large head by itself, so that the container's refusal is seen while there is still something to be done. */
    private static void send(Exchange exchange, int size) throws IOException {
        try {
            exchange.output().flush();
        } catch (IOException | RuntimeException e) {
            // Jetty says that it is committed when it is not; a client that has gone has another text.
            if (exchange.isCommitted() && !String.valueOf(e).contains("Header")) {
                throw e;
            }
            throw new TooLarge(size, e);
        }
    }

    private static boolean contentLength(Exchange exchange, String value, long bodyLength) {
        if (bodyLength >= 0) {
            exchange.contentLength(bodyLength);
            return true;
        }
        try {
            long length = Long.parseLong(value.trim());
            if (length >= 0) {
                exchange.contentLength(length);
                return true;
            }
        } catch (NumberFormatException e) {
            return false;
        }
        return false;
    }

    /** Whether a header is the connection's, and so the container's. */
    public static boolean isHopByHop(String name) {
        return HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT));
    }

    private static boolean isAllowed(String name, String value) {
        if (name.isEmpty() || isHopByHop(name)) {
            return false;
        }
        // A line break would be a header of the attacker's (response splitting).
        return value.indexOf('\r') < 0 && value.indexOf('\n') < 0 && name.indexOf('\r') < 0 && name.indexOf('\n') < 0;
    }

    private static int zero(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != 0) {
            at++;
        }
        return at;
    }
}
